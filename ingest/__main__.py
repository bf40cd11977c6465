"""python -m ingest FILE|FOLDER|URL …: the same as `kaibi ingest`, with its options."""

import sys

from bot.cli import main

if __name__ == "__main__":
    sys.argv[1:1] = ["ingest"]
    main()
