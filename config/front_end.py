"""Puts the front-end packages that package-lock.json names into static/dist.

Third-party assets come from packages and are never kept in the repository.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
from pathlib import Path

from fleet.icons import ICONS

PROJECT = Path(__file__).resolve().parent.parent
MODULES = PROJECT / "node_modules"
TARGET = PROJECT / "static" / "dist"
COPIED = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "@tabler/core/dist/js/tabler.min.js": "tabler.min.js",
    "echarts/dist/echarts.common.min.js": "echarts.common.min.js",
    "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2": "inter-latin.woff2",
    "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2": "inter-latin-ext.woff2",
    "@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2": (
        "jetbrains-mono-latin.woff2"
    ),
}
_SOURCE_MAP = re.compile(rb"(/\*# sourceMappingURL=[^*]*\*/|//# sourceMappingURL=\S+)")


def build() -> str:
    """Build static/dist unless it is up to date; one line that says what was done.

    Raises FileNotFoundError where a package is missing.
    """
    stamp = hashlib.sha256(
        (PROJECT / "package-lock.json").read_bytes()
        + repr(sorted(ICONS.items())).encode()
        + Path(__file__).read_bytes()
    ).hexdigest()
    stamp_file = TARGET / "stamp"
    if stamp_file.exists() and stamp_file.read_text() == stamp:
        return "Front-end assets are up to date."
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    for source, name in COPIED.items():
        content = (MODULES / source).read_bytes()
        if name.endswith((".css", ".js")):
            # The maps are not served, and a browser's console would complain about them.
            content = _SOURCE_MAP.sub(b"", content)
        (TARGET / name).write_bytes(content)
    (TARGET / "icons.svg").write_text(_sprite())
    stamp_file.write_text(stamp)
    return f"Front-end assets built: {len(COPIED)} files and {len(ICONS)} icons."


def _sprite() -> str:
    symbols = []
    for name, tabler_name in sorted(ICONS.items()):
        source = (MODULES / f"@tabler/icons/icons/outline/{tabler_name}.svg").read_text()
        inner = re.sub(r"^.*?<svg[^>]*>|</svg>\s*$", "", source, flags=re.DOTALL)
        symbols.append(
            f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
            f'stroke-width="2" stroke-linecap="round" stroke-linejoin="round">{inner}</symbol>'
        )
    return '<svg xmlns="http://www.w3.org/2000/svg">' + "".join(symbols) + "</svg>\n"


if __name__ == "__main__":
    try:
        print(build())
    except FileNotFoundError as error:
        sys.exit(f"A front-end package is missing ({error.filename}): run npm ci.")
