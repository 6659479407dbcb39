"""What Python's huggingface_hub does with the same server and cache: prints the path of a file.

hub.py OWNER/NAME FILE [--local]: --local forbids the network.
"""

import sys

from huggingface_hub import hf_hub_download, try_to_load_from_cache, _CACHED_NO_EXIST

name, file, *flags = sys.argv[1:]
if try_to_load_from_cache(name, file) is _CACHED_NO_EXIST:
    print("absent")
else:
    print(hf_hub_download(name, file, local_files_only="--local" in flags))
