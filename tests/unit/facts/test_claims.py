"""What the rules read, and what they leave alone because it is somebody else's."""

import pytest

from documents.domain.facts.proposing import propose_claims
from documents.domain.facts.values import normalise
from documents.domain.lines import from_text


def read(text):
    """The values that the rules read, by field."""
    values: dict[str, list[object]] = {}
    for claim in propose_claims(text=from_text(text)):
        for value in normalise(field=claim.field, raw=claim.raw):
            values.setdefault(value.field, []).append(value.value)
    return values


REGISTRATION = """Patient Information:

Name: Juno
Species: Canine (Dog)
Breed: Boxer (Mixed)
Date of Birth: June 15, 2009
Sex: Female, Spayed
Color/Markings: Fawn with a white chest
Owner Information:

Owner Name: Jennifer Ashdown
Address: 12 Quarry Lane, Millbrook
Contact Number: (555) 555-0112
Email: jennifer@example.com
Emergency Contact:

Name: Mark Ashdown
Relationship: Husband
Contact Number: (555) 555-0199
Clinic: Fairview Veterinary Clinic
Phone: (555) 555-0150
"""


def test_a_registration_form_is_read_and_the_emergency_contact_is_not():
    assert read(REGISTRATION) == {
        "name": ["Juno"],
        "species": ["dog"],
        "breed": ["Boxer (Mixed)"],
        "date_of_birth": ["2009-06-15"],
        "sex": ["female"],
        "neutered": [True],
        "color": ["Fawn with a white chest"],
        "owner": ["Jennifer Ashdown"],
        "owner_address": ["12 Quarry Lane, Millbrook"],
        "owner_phone": ["(555) 555-0112"],
        "owner_email": ["jennifer@example.com"],
        "clinic": ["Fairview Veterinary Clinic"],
    }


@pytest.mark.parametrize(
    ("text", "field", "values"),
    [
        ("Species: Canine   Breed: Beagle   Sex: M/C", "breed", ["Beagle"]),
        ("Species: Canine Breed: Beagle Sex: M/C", "breed", ["Beagle"]),
        ("Species .............. Canine      Breed ......... Beagle", "species", ["dog"]),
        ("Species         Feline                    Breed        Siamese", "breed", ["Siamese"]),
        ("Species/Breed: Canine/Labrador", "breed", ["Labrador"]),
        ("Species:\nCanine", "species", ["dog"]),
        ("BREED\nGolden Retriever", "breed", ["Golden Retriever"]),
        ("Patient   Species   Breed   Sex\nBella     Canine    Boxer   FS", "name", ["Bella"]),
        ("Bella   Canine/Labrador   FS   12y", "name", ["Bella"]),
        ("Bella   Canine/Labrador   FS   12y", "age", ["12y"]),
        ("Patient: Biscuit Gray     Beagle     MN     6 yr     12.2 kg", "weight", [12.2]),
        ("Bella is a 4-year-old spayed female Labrador Retriever.", "breed", ["Labrador Retriever"]),
        ("Vitals:  Wt 29.4 kg   T 101.3   P 96", "weight", [29.4]),
        ("Weight: 65 lbs", "weight", [65]),
        ("Peso: 4,1 kg", "weight", [4.1]),
        ("Poids : 4,1 kg", "weight", [4.1]),
        ("Gew. 1,48 kg. Zähne o.b.B.", "weight", [1.48]),
        ("Microchip #: 985112004771306", "microchip", ["985112004771306"]),
        ("chip was read, 985112004771306, matches", "microchip", ["985112004771306"]),
        ("Nº de chip: 941000018822604", "microchip", ["941000018822604"]),
        ("Chip-Nr.:   276093400551820   kastriert: nein", "neutered", [False]),
        ("Client: 30417 Dunleavy, Marguerite     Patient: 30417-B Biscuit", "name", ["Biscuit"]),
        ("Client: Smith, John   Patient: Rex\nAddress: 4 Oak Ave\nPhone: 555-0111", "owner_phone", ["555-0111"]),
        ("Client: Smith, John   Patient: Rex\nAddress: 4 Oak Ave\nPhone: 555-0111", "owner_address", ["4 Oak Ave"]),
        ("Tierarzt: Dr. Eva Klein\nNombre: Coco   Especie: Felino", "name", ["Coco"]),
        ("Besitzer: Hans Müller, Hauptstr. 5, 10115 Ort", "owner", ["Hans Müller"]),
        ("PATIENT INFORMATION      OWNER INFORMATION\nName: Zeus               Name: Ana Ruiz", "name", ["Zeus"]),
        (
            "PATIENT INFORMATION      OWNER INFORMATION\nName: Zeus               Name: Ana Ruiz\n"
            "Species: Canine          Phone: 555-0140",
            "owner_phone",
            ["555-0140"],
        ),
        ("Date         Weight    Temp\n01/02/2016   55.2 kg   38.5\n02/03/2016   57 kg     38.6", "weight", [55.2, 57]),
        ("Sex: ☐ M  ☒ F  Spayed/Neutered: ☒ Yes ☐ No", "sex", ["female"]),
        ("Patient: Rex\nRex weighed 30 kg at home. His brother Apollo weighs 60 kg.", "weight", [30]),
        ("Exam. Wt: 62.4#. Last weight 60.1 lb.", "weight", [62.4]),
        ("Propriétaire : Jeanne Martin\nTél. : 555-0146", "owner_phone", ["555-0146"]),
        ("Besitzerin: Henrike Voss\nTelefon: 555-0163", "owner_phone", ["555-0163"]),
        ("Propietaria: Ana Ruiz\nTeléfono: 555-0146", "owner", ["Ana Ruiz"]),
        ("Paciente: Trufa\nEspecie: Canina", "species", ["dog"]),
        ("Tiername: Knopf\nTierart: Kaninchen", "species", ["rabbit"]),
        ("Weight history\n03/14/2019   29.4 kg\n04/14/2019   30.1 kg", "weight", [29.4, 30.1]),
        ("TAO  Canino  Podenco canario x  M  Nac 02/11/2015  canelo y blanco", "breed", ["Podenco canario x"]),
        ("TAO  Canino  Podenco canario x  M  Nac 02/11/2015  canelo y blanco", "color", ["canelo y blanco"]),
        ("\ue0a1 Bruno\xa0\xa0Canino Criollo Macho castrado Nac. 20/08/2015", "name", ["Bruno"]),
        ("\ue0a1 Bruno\xa0\xa0Canino Criollo Macho castrado Nac. 20/08/2015", "date_of_birth", ["2015-08-20"]),
        ("(1) BOSUN     Labrador      chocolate     MN     17.06.11", "name", ["BOSUN"]),
        ("MR TIBBS   fel   MN   10Y", "name", ["MR TIBBS"]),
        ("ATLAS     Great Dane    male intact     client Nyquist", "owner", ["Nyquist"]),
        ("Ortho consult - Olive Pfluger (Choc Labrador FS, dob 6/11/17)", "name", ["Olive Pfluger"]),
        ("Tier 3097: Wotan, Hund, Riesenschnauzer, m, schwarz", "name", ["Wotan"]),
        ("Tier 3097: Wotan, Hund, Riesenschnauzer, m, schwarz", "sex", ["male"]),
        ("Patient: Ouragan, cheval, SF, hongre", "sex", ["male"]),
        ("Practice Holmfield   Owner Mallory   Animal Bosun   Species K9", "name", ["Bosun"]),
        ("Name given   WISP  (ours)", "name", ["WISP"]),
        ("Owner Mr Marcus Oyelaran. Boxer, FN, fawn", "owner", ["Mr Marcus Oyelaran"]),
        ("Client: Mr P Swales, Upper Farm", "owner", ["Mr P Swales"]),
        ("EF: T 38,6  FC 96  CC 6/9  21,9 kg", "weight", [21.9]),
        ("30.04.2012 Tj   Jahresimpfung. BU 38,5 kg.\n06.05.2013 He   Impfung. 41 kg", "weight", [38.5, 41]),
        ("14.6 kg | Condition  good, overweight", "weight", [14.6]),
        ("EXAM: 78.4 lb BCS 7/9. Lame", "weight", [78.4]),
        ("Signed Oswin Fenwick, BVSc MRCVS 11/26/18 3:12 PM", "veterinarian", ["Oswin Fenwick, BVSc MRCVS"]),
        ("Dra. Vega Guijarro   N.º colegiado 7887", "veterinarian", ["Dra. Vega Guijarro"]),
        ("02.11.20   Ophelia Venn  Ragdoll F(N)  4.8kg  ASA 2 (grade 2 murmur)", "name", ["Ophelia Venn"]),
        ("Mrs J Hartnoll  BRAMBLE  Border Collie  black/white FE  tel 01632 960114", "owner", ["Mrs J Hartnoll"]),
        ("Mrs J Hartnoll  BRAMBLE  Border Collie  black/white FE  tel 01632 960114", "owner_phone", ["01632 960114"]),
        ('Pfluger "Olive"   FS  Labrador   Sites: A spleen', "name", ["Olive"]),
        ("PET 1  Clementine   Cat  DLH  Brown tabby  Spayed F", "name", ["Clementine"]),
        ("PET 2   Name  Gus        Species  cat    Breed  DMH", "name", ["Gus"]),
        ("CASE 21-0307       Rocket, whippet, male entire, 3y", "name", ["Rocket"]),
        ("7/11/18 NELSON Bulldog x M entire  31.4kg  ACP/torb", "name", ["NELSON"]),
        ("Juniper        Cavalier King Charles Spaniel     Blenheim       FS       dob 3/15/2020", "name", ["Juniper"]),
        ("Animal    Pickett   DSH, black with white locket, M neutered", "color", ["black with white locket"]),
        ("dog    Bulldog     M   intact     White, brindle patch L eye", "color", ["White, brindle patch L eye"]),
        ("Tilly, yellow Labrador, FN", "breed", ["Labrador"]),
        ("Species/Breed: Canine / Dachshund, Miniature", "breed", ["Dachshund, Miniature"]),
        ("Pet's name:   Pretzel          Dog [X]  Cat [ ]  Other [ ]", "species", ["dog"]),
        ("Nom : OURAGAN DU MARAIS\nRace : Selle Français", "name", ["OURAGAN DU MARAIS"]),
        ("Name: Fergal Reid\nAddress: 4 Lisheenroe, Bandon\nAnimal: Tayto   Species: Dog", "name", ["Tayto"]),
        ("Patient  Species  Breed  Sex  Last wt\nBella    Canine   Boxer  FS   20 kg", "breed", ["Boxer"]),
        ("Owner: Jane Smith\ntel 01632 960417", "owner_phone", ["01632 960417"]),
        ("Owner: Jane Smith\njane@example.org", "owner_email", ["jane@example.org"]),
        ("Phone (owner)\nOwner phone: 5555-0188 (5555-0162 is no more)", "owner_phone", ["5555-0188"]),
    ],
)
def test_a_value_is_read(text, field, values):
    assert read(text).get(field) == values


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("Target weight: 60 lb", "weight"),
        ("Size: 20 - 50 lb", "weight"),
        ("Dry food, 2 kg, three times", "weight"),
        ("Royal Diet sack   2,00 kg   34,50", "weight"),
        ("Meloxicam 0.1 mg/kg, 30 kg", "weight"),
        ("Food    Kitten chow whatever", "breed"),
        ("Signed     M Fenn       Witness   P. Lamb", "species"),
        ("Client Discharge Report", "owner"),
        ("We saw Bella, a sweet Labrador, and her brother, a Boxer, who were both well", "name"),
        ("Tooth   Owner Name   Breed\n\nNutmeg   J Montrose   Boxer\n\n101  102  104", "species"),
        ("Ideal weight 28 kg", "weight"),
        ("Birth weight: 300 g", "weight"),
        ("The spleen weighed 2 kg", "weight"),
        ("Patient: Rex\nDaisy's weight 20 kg", "weight"),
        ("Give 5 mg for each weight 5-10 kg", "weight"),
        ("Weight 2 kg over ideal", "weight"),
        ("Clinic: Fairview Vets\nPhone: 555-0150", "owner_phone"),
        ("Owner: Jane Smith\nFax: 555-0151", "owner_phone"),
        ("Fairview Veterinary Clinic\n12 Mill Street\nPhone: 555-0150", "owner_phone"),
        ("Veterinarian: Dr. Ana Ruiz\nEmail: ruiz@example.org", "owner_email"),
        ("Emergency Contact: Mark Hill 555-0199", "owner_phone"),
        ("From: Dr. Ana Ruiz (ruiz@example.org)", "owner"),
        ("From: Dr. Ana Ruiz (ruiz@example.org)", "owner_email"),
        ("Owner: reports vomiting since Monday", "owner"),
        ("Owner: declined", "owner"),
        ("Patient: was given fluids", "name"),
        ("Name: ____________  Species: ________", "name"),
        ("Drug name: Amoxil", "name"),
        ("Species: Canine\nVaccine: Rabies   Lot: 1234   Name: Defensor 3", "name"),
        ("URINALYSIS\nColor: Yellow\nClarity: Clear", "color"),
        ("Patient: Rex   Species: Canine\nColor: Yellow\nClarity: Clear", "color"),
        ("Species: Canine\nEmergency contact:\nName: Mark Hill", "name"),
        ("Species: E. coli, moderate growth", "species"),
        ("Other pets:\nSpecies: Feline\nBreed: Siamese", "species"),
        ("Microchip: not implanted", "microchip"),
        ("Account 985112004771306", "microchip"),
        ("DOB: unknown", "date_of_birth"),
        ("DOB          Weight\n____         ____\n02-14-2012   Rabies", "date_of_birth"),
        ("Age: 4 years", "date_of_birth"),
        ("He is a 4-year-old neutered male Poodle.", "name"),
        ("(Ozzie     Canine   Dachshund            MN   DECEASED 05/18)", "species"),
        ("TITO (canino, Caniche, fallecido)", "name"),
        ("Horse  Tadhg         Gelding 5 y", "breed"),
        ("Ranger       collie x? no, border collie        MN", "breed"),
        ("Species: Canine\nColor: BR BRlNDLE / WHITE", "color"),
        ("Species: Canine\nCoat: SHORT", "color"),
        ("AoV Vmax    2.2 m/s        PV          1.1", "weight"),
        ("1/19 Slinky  1.21 kg", "weight"),
        ("Owner: Jane Smith\nAddress: 4 Quay Street,\nPenhallow", "owner_address"),
        ("Client: Halden Cove Vet", "owner"),
        ("Queen Pudding   born 22.11.23 03.00-05.20", "date_of_birth"),
        ("PROPIETARIO          PACIENTE\nCalle 7, Arucas      Canino, Boxer", "name"),
        ("Clinic: Fairview Vets\ntel 01632 960417", "owner_phone"),
    ],
)
def test_what_is_not_the_patients_is_left_alone(text, field):
    assert field not in read(text)


def test_a_tale_of_another_animal_does_not_name_the_patient():
    values = read("Patient: Rex\nSpecies: Canine\nLuna is a 3-year-old spayed female Siamese who lives with him.")
    assert values["name"] == ["Rex"]
    assert "breed" not in values


def test_a_mailbox_is_the_owners_where_the_person_is():
    mail = "From: Jane Smith (jane@example.com)\nTo: Dr. Ana Ruiz (ruiz@example.org)"
    assert read(f"Owner: Jane Smith\n\n\n{mail}")["owner_email"] == ["jane@example.com"]
    assert "owner_email" not in read(mail)


def test_a_letterhead_that_returns_names_the_clinic():
    page = "Fairview Veterinary Clinic\nvisit\n" + "note\n" * 5
    assert set(read("cover\n" * 4 + page * 3)["clinic"]) == {"Fairview Veterinary Clinic"}
    assert "clinic" not in read("cover\n" * 4 + page)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fairview Veterinary Clinic, 12 Quarry Lane, Millbrook", ["Fairview Veterinary Clinic"]),
        ("Fairview Veterinary Clinic\n12 Quarry Lane, Millbrook", ["Fairview Veterinary Clinic"]),
        ("Praxis für Kleintiere Lührs   555-0146", ["Praxis für Kleintiere Lührs"]),
        ("CHV de Roquebrière\nTél. 555-0150", ["CHV de Roquebrière"]),
        ("Fairview Veterinary Clinic\nwas asked for its films", []),
        ("FAIRVIEW VETERINARY CLINIC OF MILL      02/24\n12 Quarry Lane, Millbrook", []),
        (
            "Fairview Veterinary Clinic of Mill\n12 Quarry Lane\nnote\nseen at Fairview Veterinary Clinic of Millbrook",
            [],
        ),
    ],
)
def test_a_clinic_without_a_label_has_its_address_beside_it_and_is_whole(text, expected):
    assert read("cover\n" * 4 + text).get("clinic", []) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Reviewed by Nadia Eastlake, BVSc MRCVS", ["Nadia Eastlake, BVSc MRCVS"]),
        ("Mit freundlichen Grüßen TÄ Ingmar Rautenberg", ["TÄ Ingmar Rautenberg"]),
        ("Discharged: July 11, 2020 Lionel Blanchfield, DVM", ["Lionel Blanchfield, DVM"]),
        ("Rabia    31/08/2018    31/08/2019    Dr. Inmaculada Peñalver", ["Dr. Inmaculada Peñalver"]),
        ("Weight 42 lb    ASA 2    Surgeon Dr. Adaeze Lindqvist", ["Dr. Adaeze Lindqvist"]),
        ("Examiner: Dr. Adaeze Lindqvist", ["Dr. Adaeze Lindqvist"]),
        ("Dear Dr. Ulrich Castellan, DVM,", ["Dr. Ulrich Castellan, DVM"]),
        ("Dear Dr. Castellan,", []),
        ("Owner: Dr. Ulrich Castellan\n\n\nDear Dr. Ulrich Castellan,", []),
        ("Owner    Dr. Ulrich Castellan", []),
        (
            "Dr. Tormo Revacunación\nDr. Tormo Herida\nDr. Tormo Primera consulta y vacunación",
            ["Dr. Tormo", "Dr. Tormo"],
        ),
    ],
)
def test_veterinarians_sign_are_written_to_and_stand_in_rows(text, expected):
    assert read(text).get("veterinarian", []) == expected


def test_bars_ahead_of_a_label_or_alone_are_no_cells():
    assert read("| Weight: 4.2 kg |\n| Patient: Rex |") == {"weight": [4.2], "name": ["Rex"]}
    assert propose_claims(text=from_text("| | |\n"), noise=frozenset({1})) == ()


def test_a_line_of_a_million_characters_is_read_in_time():
    assert read("Patient: Rex   " + "x: " * 330_000)["name"] == ["Rex"]


@pytest.mark.parametrize(
    ("line", "field", "told"),
    [
        ("Client No. 1187   Roe, Jane", "owner", ["Roe, Jane"]),
        ("Cliente 1187\u00a0\u00a0Amezcua Ledo, Berta", "owner", ["Amezcua Ledo, Berta"]),
        ("Client No. 1187   Account Statement", "owner", []),
        ("Adopter  Jane Roe Telephone 555-0107", "owner", ["Jane Roe"]),
        (
            "Adopter: Jane Roe, 418 Sorrel Ct, Apt 6, Alder, (555) 555-0173",
            "owner_address",
            ["418 Sorrel Ct, Apt 6, Alder"],
        ),
        ("Adopter: Jane Roe, 418 Sorrel Ct, Apt 6, Alder, (555) 555-0173", "owner_phone", ["(555) 555-0173"]),
        ("Owner: Jane Roe (daughter: Gail Reyes (555) 555-0146)", "owner", ["Jane Roe"]),
        ("Owner: Jane Roe   Spouse cell (207) 555-0117", "owner_phone", []),
        ("Owner: Jane Roe\nAddress: declined, see licence", "owner_address", []),
        ("TOLO  Canine / Boxer / FS / black and tan", "color", ["black and tan"]),
        ("TOLO  Canine / Boxer / FS / black and tan", "breed", ["Boxer"]),
        ("A-33710  TATER  DOG  Pit Bull / Boxer Mix  M  3Y", "breed", ["Pit Bull / Boxer Mix"]),
        ("A-33710  TATER  DOG  Pit Bull / Boxer Mix  M  3Y", "species", ["dog"]),
        ("Pet's name   Rex   Dog/Cat/Other  dog   Breed  Boxer", "breed", ["Boxer"]),
        ("Patient: Olive   Client: Nadia Reyes   French Bulldog   spayed", "breed", ["French Bulldog"]),
    ],
)
def test_what_a_row_tells(line, field, told):
    assert read(line).get(field, []) == told
