"""The background: the mean vector of everyday questions, in each language.

An embedding puts all questions of a language near each other, and some sentences near all of them. Taking a share of this
mean out of a question leaves what it asks in particular (see `knowledge.search`).
"""

import hashlib
import os
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge.embeddings.embedder import Embedder

QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "zh": (
        "谁发明了印刷术？",
        "这家公司是哪一年成立的？",
        "为什么他们决定离开那座城市？",
        "哪些国家参加了会议？",
        "一共有多少人受到影响？",
        "这种药有什么副作用？",
        "河流流经哪些省份？",
        "两种方案有什么区别？",
        "总统是在什么时候宣布这个决定的？",
        "怎样才能降低成本？",
        "这个词是什么意思？",
        "比赛最后谁赢了？",
        "现在的价格是多少？",
        "我们应该选哪一个？",
        "大学的校长叫什么名字？",
        "这项法律是何时生效的？",
        "战争持续了多久？",
        "植物靠什么获得能量？",
        "他对这个问题怎么看？",
        "主要的原因有哪些？",
        "软件更新以后怎么登录？",
        "最高的山在哪里？",
        "电影的导演是谁？",
        "它靠什么赚钱？",
    ),
    "en": (
        "Who invented the printing press?",
        "In which year was the company founded?",
        "Why did they decide to leave the city?",
        "Which countries took part in the conference?",
        "How many people were affected in all?",
        "What side effects does the drug have?",
        "Which provinces does the river flow through?",
        "What is the difference between the two plans?",
        "When did the president announce the decision?",
        "How can the cost be reduced?",
        "What does this word mean?",
        "Who won the match in the end?",
        "What is the price today?",
        "Which of the two should we choose?",
        "What is the name of the head of the university?",
        "When did the law come into force?",
        "How long did the war last?",
        "Where do plants get their energy from?",
        "What does he think about the matter?",
        "What are the main reasons?",
        "How do I log in after the software update?",
        "Where is the highest mountain?",
        "Who directed the film?",
        "How does it make money?",
    ),
}


def background(embedder: Embedder, home: Path) -> dict[str, NDArray[np.float32]]:
    """Mean question vectors by language, "zh" and "en", each of shape (dimensions,); kept under `home` once made."""
    recipe = hashlib.sha256(f"{embedder.fingerprint} {QUESTIONS}".encode()).hexdigest()[:16]
    path = home / "engine" / f"background-{recipe}.npz"
    try:
        with path.open("rb") as file, np.load(file) as stored:
            return {language: stored[language] for language in QUESTIONS}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        pass  # Not made yet, or damaged: it takes half a second.
    means: dict[str, NDArray[np.float32]] = {
        language: np.mean(np.stack([embedder.query(question) for question in questions]), axis=0)
        for language, questions in QUESTIONS.items()
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}.npz")
        np.savez(temporary, **means)  # type: ignore[arg-type]
        temporary.replace(path)
    except OSError:
        pass  # It will be made again at the next start.
    return means
