"""Upload: one file or address brought into the store by a running program, in a process of its own.

A process, because embedding and damaged files must not hold up or bring down what answers questions meanwhile.
"""

import asyncio
import json
import os
import sys
from typing import Any

FOREIGN = ("SLACK_", "DATABASE_URL")
"""Variables that reading documents has no need of."""


async def add(source: str) -> list[dict[str, Any]]:
    """Ingest a file or an address, with the settings of the environment: what became of it, as in `kaibi ingest --json`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ingest", "--json", "--", source),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
    )
    out, _ = await process.communicate()
    try:
        found = json.loads(out.decode().strip().splitlines()[-1])
    except (ValueError, IndexError) as error:
        raise RuntimeError(f"ingestion ended with status {process.returncode} and said nothing") from error
    if "error" in found:
        reason = f"{found['error']['message']} {found['error']['hint']}".strip()
        return [{"source": source, "outcome": "failed", "document": "", "passages": 0, "reason": reason}]
    items: list[dict[str, Any]] = found["items"]
    return items
