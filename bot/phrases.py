"""Every sentence that Kaibi says of its own, Chinese and English side by side.

Traditional Chinese is made from the Simplified.
"""

from knowledge.document import Language
from knowledge.script import traditional

PHRASES: dict[str, tuple[str, str]] = {
    "related": (
        "我的资料里没有直接回答这个问题的句子；下面是最接近的原文，供参考。",
        "My sources do not answer this directly; these are the nearest passages, shown as such.",
    ),
    "related_missing": (
        "我的资料没有提到「{missing}」；下面是最接近的原文，不足以回答。",
        "My sources do not say anything about “{missing}” here; these are the nearest passages, not an answer.",
    ),
    "refused": (
        "我的资料没有谈到这个。可以问我大模型开源与闭源的事，例如：{example}",
        "My sources do not say. You can ask me about open and closed large language models, for example: {example}",
    ),
    "refused_empty": (
        "知识库里还没有文档。先运行：kaibi ingest 文件",
        "There are no documents yet. First run: kaibi ingest FILE",
    ),
    "refused_words": (
        "我不会替人编话：我的资料里没有这样的原话。可以问：{example}",
        "I do not make up quotations: my sources hold no such words. You can ask, for example: {example}",
    ),
    "camp_missing_open": (
        "我的资料里没有找到开源一方对此的说法。",
        "My sources hold nothing from the open camp on this.",
    ),
    "camp_missing_closed": (
        "我的资料里没有找到闭源一方对此的说法。",
        "My sources hold nothing from the closed camp on this.",
    ),
    "no_such_item": ("上一个回答里没有第 {n} 点。", "The last answer has no item {n}."),
    "camp_open": ("开源一方", "For open"),
    "camp_closed": ("闭源一方", "For closed"),
    "camp_both": ("两方兼有", "Both sides"),
    "camp_none": ("其他", "Also"),
    "as_of": ("截至 {date}", "as of {date}"),
    "note_kind": ("Kaibi 笔记", "Kaibi note"),
    "source_kind": ("原文", "source"),
    "based_on": ("依据：{source}", "based on: {source}"),
    "reported": ("据报道", "as reported"),
    "unchecked": ("未经核对", "not checked"),
    "backend": ("由 {name} 摘引，{count} 条引文已逐字核对", "quoted by {name}; {count} quotes verified word for word"),
    "backend_llm": (
        "由 {name} 撰写（{facts}），{count} 条引文由程序从原文复制",
        "written by {name} ({facts}); {count} quotes copied from the sources by the program",
    ),
    "backend_removed": (
        "删去 {count} 条不受引文支持的陈述",
        "{count} statements removed that their quotes did not bear out",
    ),
    "open_weights": ("开放权重", "open weights"),
    "closed_weights": ("闭源", "closed weights"),
    "local_place": ("在本地运行", "run in the house"),
    "remote_place": ("在外部运行", "run outside the house"),
    "translated": ("（{name} 的译文：{text}）", "(translated by {name}: {text})"),
    "llm_failed": (
        "{name} 没有作答（{why}），以下由 {by} 给出。",
        "{name} did not answer ({why}); this is from {by}.",
    ),
    "llm_removed_all": (
        "{name} 写的陈述都不受引文支持，已全部删去；以下为原文摘引。",
        "Nothing that {name} wrote was borne out by its quotes; these are passages quoted as they stand.",
    ),
    "llm_none": (
        "{name} 认为资料没有回答；以下为最相关的原文。",
        "{name} found no answer in the sources; these are the most fitting passages.",
    ),
    "extractive_name": ("原文摘引", "quoted passages"),
    "original": ("；原文：“{quote}”[{n}]", "; in the original: “{quote}” [{n}]"),
}

EXAMPLES: dict[Language, str] = {
    "zh": "阿里云为什么要开源大模型？",
    "zh-Hant": "阿里雲為什麼要開源大模型？",
    "en": "Which vendors stayed closed in 2024, and why?",
}


def say(name: str, language: Language, /, **values: object) -> str:
    """The sentence `name` in a language, its placeholders filled."""
    chinese, english = PHRASES[name]
    if language == "en":
        return english.format(**values)
    # The values stay as they are: there may be a quote among them.
    return (traditional(chinese) if language == "zh-Hant" else chinese).format(**values)


def example(language: Language) -> str:
    """A question that can be answered."""
    return EXAMPLES[language]
