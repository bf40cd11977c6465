"""Every sentence that Kaibi says in Slack, besides its answers: Chinese and English side by side.

Traditional Chinese is made from the Simplified, character by character.
"""

from knowledge.document import Language
from knowledge.script import traditional

PHRASES: dict[str, tuple[str, str]] = {
    # Status and queue
    "searching": ("正在查找原文…", "is looking through the documents…"),
    "searching_message": ("正在查找原文…", "Looking through the documents…"),
    "queued": ("排队中，前面还有 {count} 个问题…", "Queued, {count} before you…"),
    # Answers
    "kaibi": ("开闭", "Kaibi"),
    "intro_answered": ("原文这样说：", "In the words of the sources:"),
    "camp_open": ("开源一方", "For open"),
    "camp_closed": ("闭源一方", "For closed"),
    "camp_both": ("两方兼有", "Both sides"),
    "camp_none": ("其他", "Also"),
    "note_kind": ("Kaibi 笔记", "Kaibi note"),
    "source_kind": ("原文", "original"),
    "based_on": ("依据：{source}", "based on: {source}"),
    "continued": ("（接上）", "(continued)"),
    "footer_quotes": ("{count} 条引文已逐字核对", "{count} quotes verified word for word"),
    "footer_quote": ("1 条引文已逐字核对", "1 quote verified word for word"),
    "footer_no_quotes": ("没有引文", "no quotes"),
    "footer_as_of": ("资料日期：{dates}", "as of {dates}"),
    "footer_extractive": ("只摘引，不用大模型", "quotes only, no language model"),
    "weights_open": ("开放权重", "open weights"),
    "weights_closed": ("闭源权重", "closed weights"),
    "weights_unknown": ("权重是否开放未知", "weights unknown"),
    "place_local": ("本地运行", "runs locally"),
    "place_remote": ("远程服务", "remote service"),
    "shared": ("问：{question}", "Question: {question}"),
    "files_unread": (
        "附件我没有读；要收录请管理员写“收录”再发给我。",
        "I have not read the attachment; to add it, an admin sends it to me with the word “add”.",
    ),
    # Buttons and modals
    "good": ("有帮助", "Helpful"),
    "bad": ("没帮助", "Not helpful"),
    "show_context": ("查看上下文", "Show in context"),
    "post_to_channel": ("发到频道", "Post to channel"),
    "context_title": ("原文上下文", "In context"),
    "context_page": ("第 {page} / {pages} 条", "{page} of {pages}"),
    "next": ("下一条", "Next"),
    "previous": ("上一条", "Previous"),
    "close": ("关闭", "Close"),
    "context_changed": (
        "文档 {document} 在回答之后有了新版本，这条引文已不在原处。",
        "Document {document} has changed since the answer; the quote no longer stands there.",
    ),
    "reason_title": ("哪里不好？", "What was wrong?"),
    "reason_label": ("说明（可以不填）", "Reason (may stay empty)"),
    "reason_hint": ("例如：引文不相关、过时、漏了一方", "For example: beside the point, out of date, one side missing"),
    "send": ("提交", "Send"),
    "cancel": ("取消", "Cancel"),
    "posted": ("已发到频道。", "Posted to the channel."),
    "not_in_channel": (
        "我不在这个频道里。先用 /invite 邀请我，再点一次。",
        "I am not in that channel. /invite me first, then press again.",
    ),
    # Comparing models
    "side": ("回答 {label}", "Answer {label}"),
    "side_failed": ("没有通过核对的回答", "no verified answer"),
    "side_removed": ("删去 {count} 条", "{count} removed"),
    "better": ("{label} 更好", "{label} is better"),
    "tie": ("不相上下", "A tie"),
    "voted": ("谢谢！{names}", "Thank you! {names}"),
    "not_comparable": (
        "现在没有可以对照的开源与闭源模型；这是资料里的回答：",
        "There is no open and closed model to compare right now; this is what the sources say:",
    ),
    # Checking a message
    "check_title": ("对照原文核查", "Check the message"),
    "checking": ("正在逐句对照原文…", "Checking it sentence by sentence…"),
    "check_supported": ("✅ 原文支持", "✅ Supported"),
    "check_at_odds": ("⚠️ 与原文不符（{what}）", "⚠️ At odds with the sources ({what})"),
    "check_not_mentioned": ("➖ 原文没有提到", "➖ Not mentioned in the sources"),
    "check_empty": ("这条消息里没有可以核查的句子。", "There is no sentence to check in this message."),
    "check_more": ("只核查了前 {count} 句。", "Only the first {count} sentences were checked."),
    "odds_number": ("数字", "number"),
    "odds_date": ("日期", "date"),
    "odds_name": ("名称", "name"),
    "odds_negation": ("肯定与否定", "negation"),
    "odds_quote": ("引语", "quotation"),
    # Help, home, prompts
    "help": (
        "我用知识库里的原文回答大模型开源与闭源的问题，每一句都带出处。\n"
        "• 在频道里 @ 我提问，或直接给我发私信；在我答过的消息列里追问不用再 @。\n"
        "• {command} 问题：只有你看得到的回答，可以再发到频道\n"
        "• {command} docs：我有哪些资料\n"
        "• {command} compare 问题：开源与闭源两方对照\n"
        "• 任何消息的“更多操作”里选 Check against the sources：逐句核查",
        "I answer questions about open and closed large language models with quotes from my documents, each with its source.\n"
        "• Mention me in a channel, or write to me directly; in a thread where I have answered, just ask on.\n"
        "• {command} question: an answer that only you see, which you can then post to the channel\n"
        "• {command} docs: what I know\n"
        "• {command} compare question: the open and the closed side by side\n"
        "• Choose “Check against the sources” in any message's menu: I check it sentence by sentence",
    ),
    "home_title": ("开闭 Kaibi：开源还是闭源，用原文说话", "Kaibi: open or closed, in the sources' own words"),
    "home_how": ("怎么问", "How to ask"),
    "home_backend": ("谁在作答", "Who words the answers"),
    "home_removed": (
        "至今核对过 {statements} 条陈述，删去 {removed} 条（{percent}）",
        "{removed} of {statements} statements removed so far ({percent}), for their quotes did not bear them out",
    ),
    "home_documents": ("我知道什么：{count} 篇文档", "What I know: {count} documents"),
    "home_more": ("另有 {count} 篇：{command} docs", "and {count} more: {command} docs"),
    "stance_open": ("主张开源", "for open"),
    "stance_closed": ("主张闭源", "for closed"),
    "stance_both": ("两方都有", "both sides"),
    "stance_neutral": ("中立", "neutral"),
    "prompts_title": ("可以这样问", "You can ask"),
    # Refusals and errors
    "no_question": (
        "想问什么？例如：{example}",
        "What would you like to know? For example: {example}",
    ),
    "too_long": (
        "问题太长了（{count} 字）；请用一两句话问。",
        "That question is too long ({count} characters); please ask in a sentence or two.",
    ),
    "failed": (
        "抱歉，回答这个问题时出错了。请稍后再试；告诉管理员编号 {id} 就能查到原因。",
        "Sorry, something went wrong while answering. Please try again later; your admin can find the cause by the id {id}.",
    ),
    "channel_not_allowed": ("我没有被允许在这个频道里回答。", "I am not allowed to answer in this channel."),
    "user_not_allowed": ("抱歉，我只能回答名单上的人。", "Sorry, I may only answer the people on my list."),
    "outsider_not_allowed": (
        "抱歉，我不回答访客和其他工作区的人。",
        "Sorry, I do not answer guests and people of other workspaces.",
    ),
    "too_many_person": (
        "你这一分钟问得太多了（上限 {limit} 个）。{seconds} 秒后再问我吧。",
        "That was too much in one minute (at most {limit} questions a person). Ask me again in {seconds} seconds.",
    ),
    "too_many_channel": (
        "这个频道这一分钟问得太多了（上限 {limit} 个）。{seconds} 秒后再问我吧。",
        "This channel asked too much in one minute (at most {limit} questions). Ask me again in {seconds} seconds.",
    ),
    # Adding documents
    "not_admin": (
        "谢谢！不过只有管理员能给我添加资料。请把它发给你们的管理员。",
        "Thank you! But only admins can add documents to me. Please pass it on to one of yours.",
    ),
    "adding": ("正在收录 {count} 项…", "Adding {count} …"),
    "added": ("已收录：{name} → {document}（{passages} 段）", "Added: {name} → {document} ({passages} passages)"),
    "replaced": ("已更新：{name} → {document}（{passages} 段）", "Replaced: {name} → {document} ({passages} passages)"),
    "unchanged": ("没有变化：{name} → {document}", "Unchanged: {name} → {document}"),
    "add_failed": ("没有收录：{name}：{reason}", "Not added: {name}: {reason}"),
    "too_large": ("文件超过 {limit} MB。", "The file is larger than {limit} MB."),
    "no_download": ("文件下载不了。", "The file cannot be downloaded."),
}

PROMPTS: tuple[tuple[str, str], ...] = (
    ("阿里云为什么要开源大模型？", "Why does Alibaba Cloud open its models?"),
    ("开源和闭源，哪个更安全？", "Which is safer, open or closed?"),
)
"""Suggested questions; Slack shows four at most, so two in each language."""


def say(name: str, language: Language, /, **values: object) -> str:
    """The sentence `name` in a language, its placeholders filled."""
    chinese, english = PHRASES[name]
    if language == "en":
        return english.format(**values)
    text = chinese if language == "zh" else traditional(chinese)
    return text.format(**values)


def suggestions() -> list[dict[str, str]]:
    """Two questions in each language, as Slack takes suggested prompts."""
    texts = [text for pair in PROMPTS for text in pair]
    return [{"title": text, "message": text} for text in texts]
