"""Search: which passages and which sentences speak to a question, by meaning and by words.

Exact: every stored vector is compared. Meaning is the cosine to the passage and to its best sentence; words are BM25 on
Han bigrams, Latin words, numbers and the names of `knowledge.terms`, which are the same in every language. Sizes of scores
are added, not ranks: a passage without a word in common gets nothing for words, and no place among the wordless.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge.document import Language
from knowledge.embeddings.embedder import Embedder
from knowledge.index import Index, concept
from knowledge.lexical import Scores
from knowledge.script import folded, tokens
from knowledge.terms import NAMED, Mention, Terms


@dataclass(frozen=True, slots=True)
class SearchWeights:
    """Fitted by bench/fit_search.py on our own questions and one half of XQuAD and DRCD; bench/retrieval.py reports on the other."""

    passage: float = 0.45
    """The passage vector's share of the meaning score; its best sentence has the rest."""
    words: float = 0.029
    """Weight of the words' score, times the root of the number of words: the more are asked for, the more a share tells."""
    words_across: float = 0.012
    """The same where question and passage differ in language and share names and numbers at best."""
    centring: float = 0.6
    """How much of the mean question vector is taken out of a question for passages in the other language: some sentences
    are near every question (hubs; Radovanović et al., JMLR 11, 2010), and this is what they are near to. Within one
    language it does not help."""
    across: float = 0.069
    """Added to the meaning score across languages, where cosines run lower."""


WEIGHTS = SearchWeights()
MOST_WORDS = 36
"""Words of a question that add to the weight of the words' score."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question made ready for search."""

    text: str
    language: Language
    vector: NDArray[np.float32]
    """Of the question, shape (dimensions,)."""
    vector_across: NDArray[np.float32]
    """Of the question preceded by the other language's words for its terms."""
    groups: tuple[tuple[str, ...], ...]
    """Tokens by what they stand for; spellings of one thing share a group."""
    mentions: tuple[Mention, ...]


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores of all passages and sentences of an index for one query. Hidden ones have -inf in `passages`."""

    passages: Scores
    """Shape (passages,)."""
    sentences: Scores
    """Meaning score of each sentence, shape (sentences,)."""
    words: Scores
    """Words' score of each passage."""
    sentence_words: Scores

    def within(self, allowed: NDArray[np.bool_], owners: NDArray[np.int32]) -> "Scored":
        """The same scores with every passage outside `allowed`, shape (passages,), hidden."""
        passages = np.where(allowed, self.passages, -np.inf).astype(np.float32)
        words = np.where(allowed, self.words, 0).astype(np.float32)
        sentences = np.where(allowed[owners], self.sentences, -1).astype(np.float32)
        sentence_words = np.where(allowed[owners], self.sentence_words, 0).astype(np.float32)
        return Scored(passages, sentences, words, sentence_words)

    def best(self, count: int) -> list[int]:
        """The numbers of the best passages, best first."""
        count = min(count, len(self.passages))
        if count == 0:
            return []
        top = np.argpartition(-self.passages, count - 1)[:count]
        ordered = top[np.argsort(-self.passages[top], kind="stable")]
        return [int(number) for number in ordered if np.isfinite(self.passages[number])]


def make_query(text: str, language: Language, embedder: Embedder, terms: Terms, *, across: bool) -> Query:
    """Embed a question and find its terms. `across` tells whether the index holds texts in the other language alone."""
    mentions = terms.mentions(text)
    plain = _with_usual_names(text, mentions, language)
    vector = embedder.query(plain)
    vector_across = vector
    if across:
        other: Language = "zh" if language == "en" else "en"
        # Names and notions cost the embedding most on the way to another language (README, "How search works").
        names = dict.fromkeys(mention.term.names(other)[0] for mention in mentions)
        vector_across = embedder.query(f"{' '.join(names)} {plain}") if names else vector
    return Query(text, language, vector, vector_across, _groups(text, mentions), mentions)


def _with_usual_names(text: str, mentions: Sequence[Mention], language: Language) -> str:
    """The question with nicknames and slips put right, as the documents would say it: an embedding knows no 鹅厂."""
    spelt = folded(text)
    if len(spelt) != len(text):
        return text  # Offsets of the folded text would not hold.
    for mention in sorted(mentions, key=lambda mention: -mention.start):
        usual = mention.term.names(language)[0]
        if mention.term.kind in NAMED and folded(usual) not in spelt[mention.start : mention.end + len(usual)]:
            text = text[: mention.start] + usual + text[mention.end :]
    return text


def _groups(text: str, mentions: Sequence[Mention]) -> tuple[tuple[str, ...], ...]:
    spelt = folded(text)
    groups: list[tuple[str, ...]] = []
    rest = []
    at = 0
    for mention in sorted(mentions, key=lambda mention: mention.start):
        rest.append(spelt[at : mention.start])
        groups.append((concept(mention.term.id), *tokens(spelt[mention.start : mention.end])))
        at = max(at, mention.end)
    rest.append(spelt[at:])
    # Bigrams over the edge of a name ("云为") or of a question word ("么要") tell nothing; each side is cut by itself.
    pieces = [part for piece in rest for part in _QUESTION_WORDS.split(piece) if len(part) > 1 or part.isascii()]
    groups += [(token,) for piece in pieces for token in tokens(piece) if token not in _STOPWORDS]
    return tuple(dict.fromkeys(groups))


def search(
    index: Index,
    query: Query,
    *,
    background: NDArray[np.float32],
    weights: SearchWeights = WEIGHTS,
) -> Scored:
    """Score everything. `background` is the mean vector of everyday questions in the query's language."""
    if not index.passages:
        empty = np.zeros(0, np.float32)
        return Scored(empty, empty, empty, empty)
    english = query.language == "en"
    same = index.english == english
    passages = _meaning(index.vectors, same, query, background, weights)
    sentences = _meaning(index.sentence_vectors, same[index.owners], query, background, weights)
    # A passage without a sentence that can be quoted has its own vector alone.
    best = np.full(len(index.passages), -np.inf, np.float32)
    np.maximum.at(best, index.owners, sentences)
    best = np.where(np.isfinite(best), best, passages)
    words = index.words.score(query.groups)
    share = np.where(same, weights.words, weights.words_across) * math.sqrt(min(len(query.groups), MOST_WORDS))
    fused = weights.passage * passages + (1 - weights.passage) * best + share * words
    fused[index.hidden(english=english)] = -np.inf
    return Scored(fused.astype(np.float32), sentences, words, index.sentence_words.score(query.groups))


def _meaning(
    vectors: NDArray[np.float32],
    same: NDArray[np.bool_],
    query: Query,
    background: NDArray[np.float32],
    weights: SearchWeights,
) -> Scores:
    """Cosine, across languages centred, shape (rows of vectors,)."""
    within = cosines(vectors, query.vector)
    if same.all():
        return within
    probe = (query.vector_across - weights.centring * background).astype(np.float32)
    # Centring lowers all scores by about the same; put both kinds back on one scale.
    level = weights.centring * float(query.vector_across @ background) + weights.across
    scores: Scores = np.where(same, within, cosines(vectors, probe) + np.float32(level))
    return scores


def cosines(vectors: NDArray[np.float32], vector: NDArray[np.float32]) -> Scores:
    """Of each of the unit `vectors`, shape (rows, dimensions), with a vector.

    Not by matrix product: its threads cost more than they save here, tenfold where the machine has other work.
    """
    found: Scores = np.einsum("ij,j->i", vectors, vector)
    return found


def needs_across(index: Index, language: Language) -> bool:
    """Whether something is stored in the other language alone."""
    english = language == "en"
    return bool(((index.english != english) & ~index.hidden(english=english)).any())


_QUESTION_WORDS = re.compile(
    "有哪些|有什么|有啥|为什么|为啥|为何|什么样?|怎么样?|怎样|如何|哪些|哪个|哪家|哪位|哪里|哪儿|哪种|哪|多少|几个|几家|谁|是否|是不是|有没有|能不能|可不可以|"
    "请问|吗|呢|吧|啊|的|了|是|在|和|与|或|被|把|就|都|也|还|这|那|它|他|她|们|我|你|您|一下|到底|究竟|何时|什么时候"
)
_STOPWORDS = frozenset(
    re.findall(
        "[a-z]+",
        "the a an of to in on for and or is are was were be been do does did has have had it its this that these "
        "those what which who whom whose when where why how by with at from as about into than then there their "
        "they them he she his her we our you your i me my can could should would will shall may might not no any "
        "some so if but also most more much many",
    )
)
