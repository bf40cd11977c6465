"""A worker process that is killed while it answers, and another that makes up for it."""

import os
import subprocess
import sys
from pathlib import Path

from standin import APP_TOKEN, BOT_TOKEN, Standin


def start(slack: Standin, home: Path, folder: Path) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "KAIBI_HOME": str(home),
        "DATABASE_URL": f"sqlite:///{folder}/state.db",
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_APP_TOKEN": APP_TOKEN,
        "SLACK_API_URL": slack.api_url,
    }
    return subprocess.Popen([sys.executable, "-m", "bot.cli", "slack"], env=environment, stderr=subprocess.DEVNULL)


async def test_a_question_outlives_the_process_that_took_it(slack: Standin, warm_home: Path, tmp_path: Path) -> None:
    """Killed between two calls to Slack, in the middle of a stream: the restarted worker completes that very message."""
    slack.slow["chat.stopStream"] = 600
    first = start(slack, warm_home, tmp_path)
    second = None
    try:
        event = await slack.mention("C1", "阿里云为什么要开源大模型？")
        await slack.until(lambda: slack.called("chat.stopStream"), seconds=60)
        first.kill()
        first.wait()
        slack.slow.clear()
        second = start(slack, warm_home, tmp_path)
        await slack.until(lambda: slack.ours("C1") and slack.ours("C1")[0].get("blocks"), seconds=60)
        await slack.settled()
    finally:
        for process in (first, second):
            if process is not None:
                process.kill()
                process.wait()
    (message,) = slack.ours("C1", thread=event["ts"])
    assert not message["streaming"]
    assert message["metadata"]["event_payload"]["done"]
