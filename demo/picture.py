"""``python -m demo.picture``: the top of the demo's report as a picture, for README and quickstart."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

WIDTH, HEIGHT = 1280, 1140


def main() -> int:
    """Take the picture of a page that ``make demo`` has left."""
    parser = argparse.ArgumentParser(prog="python -m demo.picture", description=__doc__)
    parser.add_argument("--report", type=Path, default=Path("build/demo/report.html"))
    parser.add_argument("--output", type=Path, default=Path("docs/images/report.png"))
    options = parser.parse_args()
    from playwright.sync_api import sync_playwright

    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"]).new_page(
            viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light"
        )
        page.goto(options.report.resolve().as_uri())
        page.screenshot(path=options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
