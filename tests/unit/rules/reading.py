"""Small records and what the rules make of them, from the first line to the whole partition."""

from collections.abc import Sequence

from documents.domain.lines import from_text
from documents.domain.segmentation import Segmentation, assert_partition
from jobs.llm.checkpoints import InMemoryCheckpoints
from jobs.llm.gateway import Gateway
from jobs.llm.ledger import InMemoryLedger
from jobs.llm.rules import RulesClient
from jobs.pipeline import PreparedFile, analyze

# Ordinary sentences, each like no other: what stands between the lines that a test is about.
TOLD = (
    "The dog was bright and alert in the waiting room and took a treat from the hand of the nurse without fear.",
    "Heart and lungs were clear on both sides and the abdomen was soft and not painful on deep palpation.",
    "The owner reports that the cough is worse at night and that it began after a weekend in the kennel.",
    "Gums were pink and moist, there was mild tartar on the upper molars, and the ears were clean and dry.",
    "The syrup is to be given with food twice a day until the bottle is empty, and then we will see again.",
    "A small wound on the left front paw was rinsed and left open because it was shallow and already dry.",
    "She has been eating well, drinks as much as she always did, and sleeps through the night since Monday.",
    "Nothing was found on the radiographs that would explain the lameness, so rest was advised for ten days.",
    "The stitches may come out in a fortnight; until then he should wear the collar and must not be bathed.",
    "We talked about the cost of the procedure and about what may happen if it is put off until the summer.",
    "His coat is dull and there are flakes along the back, which may come from the change of food in spring.",
    "Both eyes were clear, the pupils were even and quick, and there was no discharge from either of them.",
    "A second sample was kept in the cold in case the laboratory should ask for more of it later this week.",
    "The cat hid under the chair at first but was easy to hold once it had been wrapped in a warm towel.",
    "They will be away in August and asked whether the booster could be given before the journey begins.",
    "Walking was stiff for the first few steps and then became even, as it has been for about half a year.",
)
CONTADO = (
    "El animal se presenta alerta y reactivo, con buen estado general y sin dolor a la palpación del abdomen.",
    "La propietaria comenta que la tos empeora por la noche y que empezó después de un fin de semana fuera.",
    "Se recomienda reposo durante diez días y volver antes si la cojera no mejora con el tratamiento pautado.",
    "Las mucosas están rosadas y húmedas, hay algo de sarro en los molares y los oídos están limpios y secos.",
)
RACONTE = (
    "L'animal est vif et alerte, en bon état général, et la palpation de l'abdomen ne provoque aucune douleur.",
    "La propriétaire signale que la toux est plus forte la nuit et qu'elle a commencé après un séjour en pension.",
    "Nous conseillons dix jours de repos et un nouveau rendez-vous si la boiterie ne diminue pas avec le traitement.",
    "Les muqueuses sont roses et humides, il y a un peu de tartre sur les molaires et les oreilles sont propres.",
)
ERZAEHLT = (
    "Das Tier ist wach und munter, in gutem Allgemeinzustand, und der Bauch ist bei tiefer Palpation schmerzfrei.",
    "Die Besitzerin berichtet, dass der Husten nachts schlimmer ist und nach einem Wochenende in der Pension begann.",
    "Wir raten zu zehn Tagen Ruhe und zu einer erneuten Vorstellung, falls die Lahmheit bis dahin nicht besser wird.",
    "Die Schleimhäute sind rosa und feucht, an den Backenzähnen ist etwas Zahnstein und die Ohren sind sauber.",
)


def segment(lines: Sequence[str]) -> Segmentation:
    """The partition that the rules alone make of a record of these lines."""
    prepared = PreparedFile(from_text("\n".join(lines)))
    gateway = Gateway(
        client=RulesClient(reading=prepared.reading, claims=prepared.claims),
        ledger=InMemoryLedger(),
        checkpoints=InMemoryCheckpoints(),
        concurrency=1,
    )
    segmentation = analyze(prepared=prepared, gateway=gateway, model_reads=False).segmentation
    assert_partition(segmentation, text=prepared.text)
    return segmentation


def starts_of(lines: Sequence[str]) -> list[int]:
    return [document.start_line for document in segment(lines).documents]


def gaps_of(lines: Sequence[str]) -> list[tuple[int, int, str]]:
    return [(gap.start_line, gap.end_line, gap.reason) for gap in segment(lines).gaps]
