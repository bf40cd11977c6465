"""What a claim may say and what not, given its evidence."""

import pytest

from bot.checking import check, foreign_quotes, without_scare_quotes
from knowledge.terms import Terms, load_terms

TOLD = {
    "opened": "阿里云CTO周靖人2024年5月说，阿里云已开源5亿到1100亿参数的模型，下载量超过1600万次。",
    "kept": "Baidu did not open the weights of ERNIE 4.0, said Robin Li, CEO of Baidu, on 16 April 2024.",
    "share": "About 30% of the 12 models, four of them from Meta, carry the MIT licence.",
    "deny": "2024年6月，华为没有参与业界关于开源与闭源的讨论。",
}


@pytest.fixture(scope="module")
def terms() -> Terms:
    return load_terms()


def kinds(claim: str, evidence: str, terms: Terms) -> set[str]:
    return {found.kind for found in check(claim, [evidence], terms)}


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("周靖人说，阿里云的模型从5亿参数到1100亿参数。", "opened"),
        ("In May 2024 Zhou Jingren of Alibaba Cloud counted more than 16 million downloads.", "opened"),
        ("Alibaba opened models with 500 million to 110 billion parameters (0.5B to 110B).", "opened"),
        ("阿里雲的下載量超過一千六百萬次。", "opened"),
        ("李彦宏2024年4月16日说，百度没有开放文心4.0的权重。", "kept"),
        ("Robin Li: Baidu kept ERNIE 4.0 closed.", "kept"),
        ("三成模型采用MIT许可证，其中4个来自Meta。", "share"),
        ("Thirty per cent of a dozen models are under the MIT licence.", "share"),
        ("华为没有参与讨论。", "deny"),
        ("Huawei took no part in the discussion in June 2024.", "deny"),
    ],
)
def test_an_honest_statement_passes(claim: str, evidence: str, terms: Terms) -> None:
    """Numbers, dates, names and denials are recognised in either language and script."""
    assert check(claim, [TOLD[evidence]], terms) == ()


@pytest.mark.parametrize(
    ("claim", "evidence", "kind"),
    [
        ("下载量超过1700万次。", "opened", "number"),
        ("More than 16 billion downloads.", "opened", "number"),
        ("阿里云开源了十二款模型。", "opened", "number"),
        ("About 30 of the models carry the MIT licence.", "share", "number"),
        ("About three hundred models carry the MIT licence.", "share", "number"),
        ("周靖人2023年5月这样说。", "opened", "date"),
        ("Robin Li said so on 17 April 2024.", "kept", "date"),
        ("Robin Li said so in June.", "kept", "date"),
        ("腾讯的下载量超过1600万次。", "opened", "name"),
        ("Sam Altman said so on 16 April 2024.", "kept", "name"),
        ("Robin Li, CTO of Baidu, said so.", "kept", "name"),
        ("Four of the models come from Borealis Labs.", "share", "name"),
        ("Baidu opened the weights of ERNIE 4.0.", "kept", "negation"),
        ("百度开放了文心4.0的权重。", "kept", "negation"),
        ("华为参与了业界关于开源与闭源的讨论。", "deny", "negation"),
        ("Huawei took part in the discussion on open and closed source.", "deny", "negation"),
        ("30% of the models do not carry the MIT licence.", "share", "negation"),
        ("阿里云没有开源5亿参数的模型。", "opened", "negation"),
        ("Robin Li said that Baidu “will never open its weights”.", "kept", "quote"),
        ("周靖人说：「开源是我们的战略」。", "opened", "quote"),
        ('It carries "the MIT license".', "share", "quote"),
    ],
)
def test_a_lie_is_named_by_its_kind(claim: str, evidence: str, kind: str, terms: Terms) -> None:
    """Each kind of lie is found and called what it is."""
    assert kind in kinds(claim, TOLD[evidence], terms)


def test_a_date_may_take_its_year_from_a_title(terms: Terms) -> None:
    """The day of the sentence and the year of its document make one date; another document's year does not."""
    assert check("It opened on 9 May 2024.", ["它于5月9日开放。", "数智前线，2024年6月"], terms) == ()
    assert kinds("It opened on 9 May 2023.", "它于5月9日开放。2024年6月", terms) == {"date"}


def test_a_speaker_line_bears_out_a_name(terms: Terms) -> None:
    """A name that stands in the speaker line only is borne out."""
    claim = "Zhang Peng of Zhipu calls it a matter of belief."
    assert kinds(claim, "这是信仰问题。", terms) == {"name"}
    assert check(claim, ["这是信仰问题。", "张鹏，智谱CEO"], terms) == ()


@pytest.mark.parametrize("quote", ["16 million", "an  OPEN model", "open"])
def test_stored_words_may_be_quoted(quote: str) -> None:
    """Case, width and spacing do not matter inside quotation marks."""
    assert foreign_quotes(f"They call it “{quote}”.", ["an open model with 16 million ｕsers"]) == []


@pytest.mark.parametrize("quote", ["6 million", "pen model", "open-model", "16 millions", "an open … users"])
def test_other_words_may_not(quote: str) -> None:
    """Part of a word or number, another spelling and a splice are no stored words."""
    assert foreign_quotes(f"They call it “{quote}”.", ["an open model with 16 million users"]) == [quote]


def test_an_unclosed_quotation_is_checked_to_the_end() -> None:
    """A stream that broke off inside a quotation does not let it through."""
    assert foreign_quotes("Robin Li said: “we will open everything", ["we will open nothing"]) != []


@pytest.mark.parametrize(
    ("claim", "evidence", "missing"),
    [
        ("Tests found Chixiao-72B's output unusable.", "赤霄-72B在测试中输出不可用。", []),
        ("Tests found Lanyun-72B's output unusable.", "赤霄-72B在测试中输出不可用。", ["Lanyun-72B"]),
        ("Screenwriter Pan Ruoshui said so.", "编剧潘若水在座谈会上这样说。", []),
        ("Screenwriter Li Ruoshui said so.", "编剧潘若水在座谈会上这样说。", ["Screenwriter Li Ruoshui"]),
        ("该模型从都柏林提供服务。", "The model is served from Dublin.", []),
        ("该模型从柏林提供服务。", "The model is served from Dublin.", ["柏林"]),
        ("The line between Beijing and Shanghai is driverless.", "京沪线无人驾驶。", []),
        ("The line between Beijing and Shenzhen is driverless.", "京沪线无人驾驶。", ["Shenzhen"]),
        ("分词器不再把汉字拆成字节。", "The tokenizer no longer splits characters into bytes.", []),
        ("Two cloud providers in North America bought it.", "两家北美云厂商已采购。", []),
        ("It covers exports of germanium.", "该规定涉及锗的出口。", []),
        ("CATL and Sinopec built them.", "宁德时代与中石化合建。", []),
        ("CATL and PetroChina built them.", "宁德时代与中石化合建。", ["PetroChina"]),
    ],
)
def test_names_are_told_apart_across_languages(claim: str, evidence: str, missing: list[str], terms: Terms) -> None:
    """A name's other form bears it out, another name does not."""
    assert [found.words for found in check(claim, [evidence], terms) if found.kind == "name"] == missing


@pytest.mark.parametrize(
    ("claim", "evidence", "bare"),
    [
        ('The "Panshi" appliance is new.', "“磐石”一体机是新产品。", "The Panshi appliance is new."),
        ('It says “百度不开源”, and "Baidu" agrees.', "Baidu opens nothing.", None),
        ("The “Panshi” appliance is new.", "The “Panshi” appliance was shown.", None),
        ("“百度从不开源”，它说。", "Baidu (baidu.com) opens nothing.", None),
    ],
)
def test_marks_around_a_name_are_no_quotation(claim: str, evidence: str, bare: str | None, terms: Terms) -> None:
    """Marks go where they hold a name that the source writes in characters; never where they hold a quotation."""
    assert without_scare_quotes(claim, [evidence], terms) == (bare or claim)
