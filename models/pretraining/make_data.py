"""Makes the tensors to train on: simulated systems, and real recordings without labels, all through the CLI's own featurizer.

    python make_data.py data --systems 60 --held-out 12 [--recordings ../../../shared/data] [--jobs 2]

Writes data/train/*.safetensors and data/held-out/*.safetensors; what exists is kept, so an interrupted call continues.
Held-out systems have seeds of their own: other topologies, names, rates and faults. Recordings only train (URCL terms).
"""

from __future__ import annotations

import argparse
import random
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HELD_OUT_SEED = 100_000
#: Recordings with more than one modality, or whole days of metrics.
RECORDINGS = ("trainticket", "onlineboutique")


class CommandLine:
    """The built command line. All its calls share one store, and so the vectors of texts that several systems have."""

    def __init__(self, command: Sequence[str], store: Path) -> None:
        self.command = list(command)
        self.store = store.resolve()

    def run(self, *arguments: str) -> None:
        done = subprocess.run([*self.command, *arguments], cwd=ROOT, capture_output=True, text=True)
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise RuntimeError(f"{arguments[0]} failed with {done.returncode}: {last}")

    def export(self, telemetry: Path, labels: Path | None, target: Path) -> None:
        """Exports into a folder of its own first, so that a target file is always whole."""
        with tempfile.TemporaryDirectory() as folder:
            extra = ["--labels", str(labels)] if labels else []
            self.run("export-tensors", str(telemetry), "--out", folder, "--db", str(self.store), "--provider", "cpu", *extra)
            written = sorted(Path(folder).rglob("*.safetensors"))
            if not written:
                raise RuntimeError(f"export-tensors wrote nothing for {telemetry.name}")
            target.parent.mkdir(parents=True, exist_ok=True)
            for i, path in enumerate(written):
                shutil.move(path, target if i == 0 else target.with_stem(f"{target.stem}-{i}"))


def make_system(cli: CommandLine, seed: int, target: Path) -> None:
    """Every second system has the shortcomings of real telemetry: sampled traces, missing modalities, clock errors, partial coverage."""
    draw = random.Random(seed)
    minutes = draw.choice([30, 40, 50, 60, 75])
    faults = max(2, round(minutes / draw.uniform(9, 16)))
    kind = ["--system", "varied"] if seed % 2 == 0 else ["--minutes", str(minutes), "--faults", str(faults)]
    with tempfile.TemporaryDirectory() as folder:
        telemetry = Path(folder) / "system"
        cli.run("simulate", "--out", str(telemetry), "--seed", str(seed), *kind)
        labels = Path(folder) / "labels.csv"
        shutil.move(telemetry / "labels.csv", labels)  # no input file of the export
        cli.export(telemetry, labels, target)


def make_recording(cli: CommandLine, source: Path, target: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        telemetry = source
        if source.is_file():
            telemetry = Path(folder) / "recording"
            with tarfile.open(source) as archive:
                archive.extractall(telemetry, filter="data")
        cli.export(telemetry, None, target)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--systems", type=int, default=60)
    parser.add_argument("--held-out", type=int, default=12)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--recordings", type=Path, help="folder with recordings as archives or folders")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--cli", default=f"node {ROOT / 'dist' / 'cli.mjs'}", help="how to call the built command line")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    cli = CommandLine(shlex.split(args.cli), args.out / "store.db")

    jobs: list[tuple[str, Path, int | Path]] = []
    seeds = range(args.first_seed, args.first_seed + args.systems)
    jobs += [("system", args.out / "train" / f"system-{seed:06}.safetensors", seed) for seed in seeds]
    held_out = range(HELD_OUT_SEED, HELD_OUT_SEED + args.held_out)
    jobs += [("system", args.out / "held-out" / f"system-{seed:06}.safetensors", seed) for seed in held_out]
    if args.recordings:
        sources = sorted(p for p in args.recordings.iterdir() if p.name.startswith(RECORDINGS))
        jobs += [("recording", args.out / "train" / f"recording-{p.name.split('.')[0]}.safetensors", p) for p in sources]

    def work(job: tuple[str, Path, int | Path]) -> str | None:
        kind, target, what = job
        if target.exists():
            return None
        try:
            if isinstance(what, Path):
                make_recording(cli, what, target)
            else:
                make_system(cli, what, target)
        except (OSError, RuntimeError) as error:
            return f"{kind} {target.stem}: {error}"
        print(f"{kind} {target.stem}", flush=True)
        return None

    with ThreadPoolExecutor(args.jobs) as pool:
        problems = [problem for problem in pool.map(work, jobs) if problem]
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        raise SystemExit(f"{len(problems)} of {len(jobs)} runs are missing; call again to try them once more")


if __name__ == "__main__":
    main()
