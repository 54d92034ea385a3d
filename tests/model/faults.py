"""Runs llmock, a provider of models that fails on purpose, on a free port of loopback.

The first line of standard output is the server's URL. The server ends with its standard input.
"""

import sys

from llmock.testing import LLMockServer

print(LLMockServer().start().url, flush=True)
sys.stdin.buffer.read()
