"""Load a signed policy bundle, or show what it would change."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from filing import services
from filing.bundle_signature import BundleKeyError
from filing.errors import BundleRefusedError
from filing.services import BundleEffects

MOST_BYTES = 1_000_000


class Command(BaseCommand):
    """What the tax administration sends, in one act."""

    help = (
        "Load a policy bundle (政策包): rates, thresholds, reliefs and tolerances by date, signed by the key whose "
        "public part HALL_POLICY_PUBLIC_KEY_FILE names. All of it is loaded or nothing; the same bundle again changes "
        "nothing. Refused when unsigned, altered, older than what is loaded, overlapping, or changing what filed "
        "returns stand on. The companies it concerns are told. Format: docs/policy-bundles.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--signature", type=Path, help="default: the file's name with .sig")
        parser.add_argument("--preview", action="store_true", help="show the effects and change nothing")

    def handle(self, *_args: Any, file: Path, signature: Path | None, preview: bool, **_options: Any) -> None:
        """Load or preview. Raises: CommandError with what was refused and why."""
        text, signed = _read(file), _read(signature or file.with_name(f"{file.name}.sig"))
        try:
            if preview:
                self._tell(services.preview_bundle(text=text, signature=signed))
                self.stdout.write("预览：没有任何改动。")
                return
            loaded = services.load_bundle(text=text, signature=signed, loaded_by=getpass.getuser())
        except BundleRefusedError as error:
            raise CommandError(f"{error.code}: {error.message}{error.next_step}") from error
        except BundleKeyError as error:
            words = "请核对 HALL_POLICY_PUBLIC_KEY_FILE，应为签发机关的 Ed25519 公钥（PEM）。没有任何政策改动。"
            raise CommandError(f"filing.bundle_key: {error}。{words}") from error
        self._tell(loaded.effects)
        self.stdout.write(f"政策包 {loaded.row} 已生效，摘要 {loaded.row.digest[:16]}。")

    def _tell(self, effects: BundleEffects | None) -> None:
        if effects is None:
            self.stdout.write("这个政策包已经载入过，没有任何改动。")
            return
        for each in effects.changes:
            what = ".".join(filter(None, (each.code, each.key, each.taxpayer_kind)))
            was, now = _span(each.was, each.was_until), _span(each.now, each.until)
            self.stdout.write(f"{what}  自 {each.valid_from}：{was} → {now}  依据 {each.basis}")
        self.stdout.write(
            f"改动 {len(effects.changes)} 行；{effects.draft_count} 份暂存的申报表税额有变；"
            f"通知 {effects.company_count} 家企业。"
        )


def _span(value: str, until: str) -> str:
    return f"{value}（至 {until}）" if value and until else value or "（无）"


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            found = file.read(MOST_BYTES + 1)
    except OSError as error:
        words = "请核对文件和权限；签名文件与政策包一并下发。没有任何政策改动。"
        raise CommandError(f"filing.bundle_file: {path}: {error.strerror}。{words}") from error
    if len(found) > MOST_BYTES:
        words = f"超过 {MOST_BYTES} 字节，不是政策包或签名；请重新取得。没有任何政策改动。"
        raise CommandError(f"filing.bundle_file: {path}: {words}")
    return found
