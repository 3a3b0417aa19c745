"""The article of the screenshots and browser tests, written for this project, and its report."""

from __future__ import annotations

from inconsistency.evidence import explain_all
from inconsistency.nli import NliScores
from inconsistency.report import Contradiction, Counts, Report
from inconsistency.sentences import Sentence

HEADLINE = "Ferry captain arrested after 14 are hurt in Tuesday's grounding off Skarvoy"
PARAGRAPHS = (
    (
        "A car ferry ran on to rocks off the island of Skarvoy on Tuesday evening, injuring 14 "
        "passengers and leaving hundreds without a way home.",
        "The Havlandet, which carries commuters and lorries between Skarvoy and the mainland, "
        "struck a marked reef at 6:40 p.m. in calm weather.",
    ),
    (
        "Police said the captain, Torunn Vedeler, had been arrested on suspicion of negligence.",
        '"We felt a long scrape, then everything slid," said Ida Myhre, a nurse who was on her way '
        "home from a shift.",
        "Lifeboats from Lervik took everyone off within two hours.",
    ),
    (
        "The operator, Kystferge, said that the vessel had passed its yearly inspection in March.",
        "Its managing director, Pål Ness, promised that a replacement would sail by the weekend.",
        "The company has run the crossing since 1987.",
    ),
    (
        "Hospitals in Lervik treated 41 passengers for injuries, the regional health service said, "
        "most of them for cuts and bruises.",
        "One of them, a retired teacher, was kept in overnight.",
    ),
    (
        "Vedeler, who has commanded the ship for nine years, remained free and was answering "
        "questions at home with her lawyer.",
        "She told investigators that the steering had failed without warning.",
        "Investigators found the steering in full working order and blamed a wrong course.",
    ),
    (
        "The grounding on Friday evening was the third in these waters in ten years.",
        "Subscribe to our newsletter for news from the coast.",
        "The accident board expects to publish a first report in April.",
    ),
)
# (first sentence, second sentence, probability); sentence 0 is the headline.
FLAGGED = ((1, 9, 0.97), (0, 11, 0.94), (12, 13, 0.88), (1, 14, 0.81))


def sentences() -> tuple[Sentence, ...]:
    """The headline and the body's sentences, with offsets."""
    found = [Sentence(0, HEADLINE, 0, len(HEADLINE), "headline", "headline")]
    position = 0
    for paragraph in PARAGRAPHS:
        for text in paragraph:
            advert = text.startswith("Subscribe")
            found.append(
                Sentence(
                    len(found),
                    text,
                    position,
                    position + len(text),
                    role="furniture" if advert else "text",
                    furniture="prompt" if advert else None,
                )
            )
            position += len(text) + 1
        position += 1
    return tuple(found)


def report() -> Report:
    """The report, with the library's own evidence and made-up probabilities."""
    found = sentences()
    pairs = [
        (found[a], found[b], NliScores(0.01, 0.99 - p, p), NliScores(0.01, 0.99 - p, p))
        for a, b, p in FLAGGED
    ]
    evidence = explain_all([pair[:2] for pair in pairs], None).evidence
    return Report(
        text="\n\n".join(" ".join(p) for p in PARAGRAPHS),
        headline=HEADLINE,
        sentences=found,
        contradictions=tuple(
            Contradiction(
                first=pair[0],
                second=pair[1],
                probability=FLAGGED[n][2],
                forward=pair[2],
                backward=pair[3],
                evidence=e,
                caveat="different speakers" if n == 2 else None,
            )
            for n, (pair, e) in enumerate(zip(pairs, evidence, strict=True))
        ),
        score=0.97,
        threshold=0.62,
        expected_false_flags=0.12,
        counts=Counts(
            sentences=17,
            furniture={"prompt": 1},
            pairs=120,
            left_out={"nothing in common": 31},
            screened_out=52,
            scored=37,
        ),
        model="demo",
    )
