"""Files made to harm: each small, each with a plan. By name, so that a run can tell which one did it."""

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from random import Random

from PIL import Image

from tests.integration.test_extraction_files import unfolding_pdf
from tests.unit.extraction.office import paragraph, write_word, write_zip
from tests.unit.extraction.scans import save

Made = tuple[str, bytes]  # file name, content
Bomb = Callable[[Random], Made]
_ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha" * 50}">' for n in range(9))


def zip_of_zeros(random: Random) -> Made:
    return "bomb.zip", write_zip({f"{n}.txt": bytes(random.choice((2, 30)) * 1024**2) for n in range(3)})


def zip_of_many(random: Random) -> Made:
    return "many.zip", write_zip({f"{n}.txt": b"x" for n in range(random.choice((201, 3_000, 30_000)))})


def zip_of_zips(random: Random) -> Made:
    content = write_zip({"a.txt": "Luna"})
    for _ in range(random.choice((1, 2, 30))):
        content = write_zip({"inner.zip": content, "a.txt": "Luna"})
    return "nested.zip", content


def zip_that_climbs(random: Random) -> Made:
    name = random.choice(
        ("../../etc/cron.d/x", "/etc/passwd", "C:\\x.txt", "..\\..\\x.txt", "a/../../x.txt", "\\\\h\\x.txt")
    )
    return "climbing.zip", write_zip({name: "Luna"})


def zip_with_link(random: Random) -> Made:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("record.txt")
        entry.external_attr = (random.choice((stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR)) | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    return "link.zip", buffer.getvalue()


def zip_that_lies(random: Random) -> Made:
    """Its directory says other sizes, ways of packing or offsets than there are."""
    content = bytearray(write_zip({"a.txt": "Luna " * 400, "b.txt": "Weight"}))
    directory = content.find(b"PK\x01\x02")
    field, size = random.choice(((10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (42, 4)))
    content[directory + field : directory + field + size] = random.randbytes(size)
    return "lying.zip", bytes(content)


def zip_with_odd_names(random: Random) -> Made:
    names = (
        "\u202etxt.exe",
        "a" * 3_000 + ".txt",
        "CON.txt",
        "a\x01b.txt",
        " .txt",
        "....txt",
        "ä/ö/ü.txt",
        "x.txt\u0000.pdf",
    )
    return "names.zip", write_zip({random.choice(names): "Luna", "ok.txt": "Luna"})


def word_with_entities(random: Random) -> Made:
    declared = random.choice(
        (
            f"<!DOCTYPE x [{_ENTITIES}]>",
            '<!DOCTYPE x [<!ENTITY e8 SYSTEM "file:///etc/passwd">]>',
            '<!DOCTYPE x [<!ENTITY e8 SYSTEM "http://127.0.0.1:9/x">]>',
            '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
            '<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>',
        )
    )
    body = f'{declared}<w:document xmlns:w="w"><w:body><w:p><w:r><w:t>&e8;</w:t></w:r></w:p></w:body></w:document>'
    return "entities.docx", write_zip({"word/document.xml": body})


def word_that_unfolds(random: Random) -> Made:
    return "bomb.docx", write_word(paragraph("a" * random.choice((3_000_000, 60_000_000))))


def word_that_nests(random: Random) -> Made:
    depth = random.choice((50, 240, 5_000))
    opened, closed = random.choice(
        (
            ("<w:sdt><w:sdtContent>", "</w:sdtContent></w:sdt>"),
            ("<w:tbl><w:tr><w:tc>", "</w:tc></w:tr></w:tbl>"),
            ("<w:ins>", "</w:ins>"),
        )
    )
    return "nested.docx", write_word(opened * depth + paragraph("Luna") + closed * depth)


def word_in_odd_encoding(random: Random) -> Made:
    codec = random.choice(("utf-16", "utf-32", "cp037", "utf-7"))
    declared = f'<?xml version="1.0" encoding="{codec}"?>'
    xml = f'{declared}<w:document xmlns:w="w"><w:body>{paragraph("Luna")}</w:body></w:document>'
    return "encoded.docx", write_zip({"word/document.xml": xml.encode(codec)})


def page_that_nests(random: Random) -> Made:
    tag = random.choice(("div", "b", "table><tr><td", "ul><li", "span", "blockquote", "font"))
    return "nested.html", b"<html><body>" + f"<{tag}>".encode() * random.choice((300, 3_000, 100_000)) + b"Luna"


def page_of_attributes(random: Random) -> Made:
    count = random.choice((1_000, 100_000))
    return "attributes.html", b"<html><p " + b" ".join(b"a%d=x" % n for n in range(count)) + b">Luna"


def page_of_columns(random: Random) -> Made:
    """Tables whose cells ask for more than there is."""
    span = random.choice((1_000, 10**9))
    return (
        "span.html",
        f"<html><table><tr><td colspan={span} rowspan={span}>Luna<td>{'x' * 2_000}</table>".encode() * 20,
    )


def page_that_lies_about_its_letters(random: Random) -> Made:
    codec = random.choice(("utf-16", "utf-7", "idna", "rot13", "base64", "unicode_escape", "punycode", "hz"))
    return "letters.html", f'<html><meta charset="{codec}"><p>Luna \\ud800 +ADw-'.encode() + random.randbytes(50)


def pdf_of(objects: list[bytes], *, root: int = 1) -> bytes:
    body = b"".join(b"%d 0 obj%s\nendobj\n" % (number, part) for number, part in enumerate(objects, 1))
    return b"%PDF-1.7\n" + body + b"trailer<</Root %d 0 R>>\n%%%%EOF" % root


def pdf_that_goes_in_circles(random: Random) -> Made:
    pages = random.choice(
        (
            [b"<</Type/Pages/Count 1/Kids[2 0 R]>>"],
            [b"<</Type/Pages/Count 9/Kids[3 0 R 3 0 R]>>", b"<</Type/Pages/Count 9/Kids[2 0 R 3 0 R]/Parent 2 0 R>>"],
            [b"<</Type/Pages/Count 1/Kids[3 0 R]>>", b"<</Type/Page/Parent 3 0 R/MediaBox[0 0 9 9]/Contents 3 0 R>>"],
            [b"2 0 R"],
            [b"<</Type/Pages/Count 2000000000/Kids[3 0 R]>>", b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"],
        )
    )
    return "circles.pdf", pdf_of([b"<</Type/Catalog/Pages 2 0 R>>", *pages])


def pdf_form_in_itself(random: Random) -> Made:
    head = b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</F 4 0 R>>>>/Length 14>>"
    form = head + b"stream\nq /F Do Q /F Do\nendstream"
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<</XObject<</F 4 0 R>>>>>>"
    return "form.pdf", pdf_of([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[3 0 R]>>", page, form])


def pdf_that_unfolds(random: Random) -> Made:
    return "bomb.pdf", unfolding_pdf(random.choice((10**6, 10**7, 10**8)), pages=random.choice((1, 150)))


def pdf_that_nests(random: Random) -> Made:
    depth = random.choice((500, 100_000))
    opened, closed = random.choice(((b"[", b"]"), (b"<</A", b">>")))
    return "nested.pdf", pdf_of([b"<</Type/Catalog/Pages 2 0 R/X " + opened * depth + closed * depth + b">>", b"<<>>"])


def pdf_of_vast_pages(random: Random) -> Made:
    box = random.choice((b"0 0 99999999 99999999", b"0 0 -1 -1", b"0 0 0 0", b"nan 0 1e308 9", b"0 0 14400 14400"))
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[%s]/Contents 4 0 R>>" % box
    drawing = b"<</Length 40>>stream\n0 0 99999999 99999999 re f 5 w 0 0 m 9 9 l S\nendstream"
    return "vast.pdf", pdf_of([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[3 0 R]>>", page, drawing])


def pdf_of_a_vast_picture(random: Random) -> Made:
    side = random.choice((12_000, 9_000, 4_000))
    packed = zlib.compress(bytes(side * (side // 8)), 9)
    picture = b"<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 1" % (
        side,
        side,
    )
    picture += b"/Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(packed), packed)
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 792]/Contents 5 0 R/Resources<</XObject<</I 4 0 R>>>>>>"
    drawing = b"<</Length 30>>stream\nq 595 0 0 792 0 0 cm /I Do Q    \nendstream"
    head = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[3 0 R]>>"]
    return "picture.pdf", pdf_of([*head, page, picture, drawing])


def pdf_of_filters(random: Random) -> Made:
    filters = b"/FlateDecode" * random.choice((2, 200))
    stream = zlib.compress(zlib.compress(b"BT (Luna) Tj ET"))
    contents = b"<</Length %d/Filter[%s]>>stream\n%s\nendstream" % (len(stream), filters, stream)
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>"
    return "filters.pdf", pdf_of(
        [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[3 0 R]>>", page, contents]
    )


def png_of(width: int, height: int, *, data: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def png_of_vast_size(random: Random) -> Made:
    width, height = random.choice(
        ((60_000, 60_000), (2**31 - 1, 2**31 - 1), (9_900, 10_000), (90_000_000, 1), (1, 90_000_000))
    )
    rows = min(height, 10_000) * (min(width, 10_000) // 8 + 1)
    return "vast.png", png_of(width, height, data=zlib.compress(bytes(min(rows, 20_000_000)), 9))


def png_of_text_chunks(random: Random) -> Made:
    sound = save(Image.new("L", (300, 200), 255), "PNG")
    packed = zlib.compress(bytes(random.choice((10**6, 3 * 10**7))), 9)
    body = b"Comment\0\0" + packed
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    return "chunks.png", sound[:33] + chunk * 3 + sound[33:]


def tiff_in_circles(random: Random) -> Made:
    entries = b"".join(
        struct.pack("<HHII", tag, kind, count, value)
        for tag, kind, count, value in (
            (256, 3, 1, 16), (257, 3, 1, 16), (258, 3, 1, 1), (259, 3, 1, random.choice((1, 3, 4, 99))),
            (262, 3, 1, 0), (273, 4, random.choice((1, 2**31)), 8),
            (278, 3, 1, 16), (279, 4, 1, random.choice((32, 2**31))),
        )
    )  # fmt: skip
    return "circles.tif", b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 8) + entries + struct.pack("<I", 8)


def tiff_of_many_pages(random: Random) -> Made:
    page = Image.new("1", (64, 64), 1)
    return "many.tif", save(page, "TIFF", save_all=True, append_images=[page] * random.choice((50, 2_100)))


def jpeg_of_vast_size(random: Random) -> Made:
    content = bytearray(save(Image.new("L", (64, 64), 255), "JPEG"))
    at = content.find(b"\xff\xc0")
    content[at + 5 : at + 9] = random.choice((b"\xff\xff\xff\xff", b"\x27\x10\x27\x0f", b"\0\0\0\0"))
    return "vast.jpg", bytes(content)


def bmp_that_lies(random: Random) -> Made:
    content = bytearray(save(Image.new("L", (64, 64), 255), "BMP"))
    content[18:26] = struct.pack("<ii", random.choice((2**31 - 1, -1, 40_000)), random.choice((2**31 - 1, -1, 40_000)))
    return "lying.bmp", bytes(content)


def mail_that_nests(random: Random) -> Made:
    depth = random.choice((4, 60, 3_000))
    if random.random() < 0.5:
        parts = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth))
        return "nested.eml", b"From: a@example.com\r\nSubject: x\r\n" + parts + b"\r\nLuna"
    content = b"From: a@example.com\r\nSubject: x\r\n\r\nLuna"
    for _ in range(min(depth, 60)):
        content = b"From: a@example.com\r\nSubject: x\r\nContent-Type: message/rfc822\r\n\r\n" + content
    return "messages.eml", content


def mail_of_many_parts(random: Random) -> Made:
    message = EmailMessage()
    message["From"] = message["Subject"] = "a@example.com"
    message.set_content("Luna")
    for number in range(random.choice((49, 51, 400))):
        message.add_attachment(b"x", maintype="text", subtype="plain", filename=f"{number}.txt")
    return "many.eml", message.as_bytes()


def mail_of_odd_headers(random: Random) -> Made:
    header = random.choice(
        (
            b"=?utf-8?b?" + b"A" * 100_000 + b"?=",
            b"=?x?q?=",
            b"\xff" * 5_000,
            b"(" * 20_000,
            b'"' + b"\\" * 20_000,
            b"@" * 9_999,
        )
    )
    return (
        "headers.eml",
        b"From: " + header + b"\r\nTo: " + header + b"\r\nSubject: " + header + b"\r\nDate: x\r\n\r\nLuna",
    )


def mail_with_bomb(random: Random) -> Made:
    name, bomb = random.choice((zip_of_zeros, zip_of_zips, word_with_entities, pdf_that_unfolds, png_of_vast_size))(
        random
    )
    message = EmailMessage()
    message["From"] = message["Subject"] = "a@example.com"
    message.set_content("Luna")
    message.add_attachment(bomb, maintype="application", subtype="octet-stream", filename=name)
    return "bomb.eml", message.as_bytes()


def zip_with_bomb(random: Random) -> Made:
    name, bomb = random.choice(
        (word_that_unfolds, page_that_nests, pdf_that_unfolds, png_of_vast_size, tiff_in_circles)
    )(random)
    return "bomb-inside.zip", write_zip({name: bomb, "ok.txt": "Luna"}, pack=False)


def text_in_odd_letters(random: Random) -> Made:
    content = random.choice(
        (
            random.randbytes(5_000),
            "Luna \ud800 4,1 kg".encode("utf-16-le", "surrogatepass"),
            b"\xff\xfe" + random.randbytes(999),
            b"\xef\xbb\xbf\xff\xfe\x80 Luna",
            "Luna".encode("utf-32"),
            b"Luna\x00\x00weight",
            b"\x1b[2J\x1b]0;x\x07 Luna " * 50,
            ("Luna" + "\u0301" * 5_000).encode(),
            ("\u202e\u2066\u200b" * 1_000 + "Luna").encode(),
            b"\x81\x8d\x8f Luna " * 100,
        )
    )
    return "letters.txt", content


def text_of_one_line(random: Random) -> Made:
    return "line.txt", random.choice((b"Luna ", b"a", b"(", b"1/2/", b"\t", b"\f", b">", b"Name: ")) * random.choice(
        (10**5, 10**6)
    )


def text_of_lines(random: Random) -> Made:
    return "lines.txt", random.choice((b"\n", b"\r", b"\f\n", b"x\n", b"Page 1 of 1\n", b"\r\r\n")) * random.choice(
        (10**4, 10**5)
    )


BOMBS: Mapping[str, Bomb] = {
    made.__name__.replace("_", " "): made
    for made in (
        zip_of_zeros, zip_of_many, zip_of_zips, zip_that_climbs, zip_with_link, zip_that_lies, zip_with_odd_names,
        word_with_entities, word_that_unfolds, word_that_nests, word_in_odd_encoding,
        page_that_nests, page_of_attributes, page_of_columns, page_that_lies_about_its_letters,
        pdf_that_goes_in_circles, pdf_form_in_itself, pdf_that_unfolds, pdf_that_nests, pdf_of_vast_pages,
        pdf_of_a_vast_picture, pdf_of_filters,
        png_of_vast_size, png_of_text_chunks, tiff_in_circles, tiff_of_many_pages, jpeg_of_vast_size, bmp_that_lies,
        mail_that_nests, mail_of_many_parts, mail_of_odd_headers, mail_with_bomb, zip_with_bomb,
        text_in_odd_letters, text_of_one_line, text_of_lines,
    )
}  # fmt: skip
