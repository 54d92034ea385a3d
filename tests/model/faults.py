"""Runs llmock, a provider of models that fails on purpose, on a free port of loopback.

The first line of standard output is the server's URL. The server ends with its standard input.
"""

import os
import sys

# Pieces that arrive at once are not shown one by one.
os.environ["LLMOCK_STREAM_CHUNK_DELAY_MS"] = "20"

from llmock.testing import LLMockServer

print(LLMockServer().start().url, flush=True)
sys.stdin.buffer.read()
