"""Checks of text files that the other linters leave out.

Runs inside the Python environment: python -m devtools.file_checks [--fix] FILE...
"""

import re
import sys
from pathlib import Path

from lxml import etree

INDENT = 4
XML_HEADER = re.compile(r'<\?xml version="1.0" encoding="UTF-8" ?\?>\n')
CONFLICT = re.compile(r"^(<{7} |>{7} |={7}$)", re.MULTILINE)
# Written by programs that have their own idea of white space.
GENERATED = (".po", ".pot", ".lock", ".svg", ".diff", ".patch")
SPACED_MARKDOWN = ".md"


def read_text(path):
    """The text of a file, or None for a binary one."""
    content = path.read_bytes()
    if b"\0" in content:
        return None
    return content.decode()


def tidy(text, path):
    """The text without trailing white space and with one newline at its end."""
    if not text or path.suffix in GENERATED:
        return text
    if path.suffix != SPACED_MARKDOWN:
        text = re.sub(r"[ \t\r]+$", "", text, flags=re.MULTILINE)
    return text.rstrip("\n") + "\n"


def check_text(text, path):
    """What is wrong with a text file, line by line."""
    for number, (line, clean) in enumerate(
        zip(text.split("\n"), tidy(text, path).split("\n"), strict=False), 1
    ):
        if line != clean:
            yield number, "trailing white space"
    if text and path.suffix not in GENERATED and not re.search(r"[^\n]\n\Z", text):
        yield text.count("\n") or 1, "the file must end with one newline"
    for match in CONFLICT.finditer(text):
        if path.suffix != ".rst":
            yield text.count("\n", 0, match.start()) + 1, "a merge conflict's marker"


def check_xml(text):
    """What is wrong with an XML file: syntax, header, indentation."""
    try:
        etree.fromstring(text.encode())
    except etree.XMLSyntaxError as error:
        yield error.lineno, f"no well-formed XML: {error.msg}"
        return
    if not XML_HEADER.match(text):
        yield 1, 'the first line must be <?xml version="1.0" encoding="UTF-8" ?>'
    # Blank out what has its own layout, keeping the line numbers.
    plain = re.sub(
        r"<!--.*?-->|<!\[CDATA\[.*?\]\]>",
        lambda match: re.sub(r"[^\n]", "", match.group()),
        text,
        flags=re.DOTALL,
    )
    for number, line in enumerate(plain.split("\n"), 1):
        indent = line[: len(line) - len(line.lstrip())]
        if "\t" in indent:
            yield number, "a tab: indent with spaces"
        elif line.lstrip().startswith("<") and len(indent) % INDENT:
            yield number, f"indent with {INDENT} spaces"


def check(path, fix=False):
    """All findings of one file as printable lines; repairs white space when asked."""
    try:
        text = read_text(path)
    except UnicodeDecodeError as error:
        return [f"{path}: not UTF-8: {error}"]
    if text is None:
        return []
    if fix and tidy(text, path) != text:
        text = tidy(text, path)
        path.write_text(text)
    findings = list(check_text(text, path))
    if path.suffix == ".xml":
        findings += check_xml(text)
    return [f"{path}:{number}: {message}" for number, message in findings]


def main(args):
    """Check the files named; returns 1 when something was found."""
    fix = "--fix" in args
    findings = [finding for name in args if name != "--fix" for finding in check(Path(name), fix)]
    print("\n".join(findings))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
