"""Makes the tensors to train on: simulated systems, and real recordings without labels, all through the CLI's own featurizer.

    python make_data.py data --systems 2000 --held-out 100 [--recordings ../../../shared/data] [--jobs 2] [--chunk-minutes 8]

Writes data/train, data/heads and data/held-out (*.safetensors); what exists is kept, so an interrupted call continues. With
--chunk-minutes it stops by itself and says `continue` or `done`. Each folder's systems have seeds of their own: other topologies, names,
rates and faults. The heads are trained on systems that the encoder was not, and nothing on held-out ones. Recordings only train (URCL).
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch

from text_vectors import TextVectors

ROOT = Path(__file__).resolve().parents[2]
HEADS_SEED, HELD_OUT_SEED = 90_000, 100_000
#: Recordings with more than one modality, or whole days of metrics.
RECORDINGS = ("trainticket", "onlineboutique")
#: Systems per process of the CLI: half a minute on one core, of which the start and the warm-up are 5 %.
BLOCK = 16


class CommandLine:
    def __init__(self, command: Sequence[str], texts: TextVectors) -> None:
        self.command = list(command)
        self.texts = texts

    def run(self, *arguments: str) -> None:
        done = subprocess.run([*self.command, *arguments], cwd=ROOT, capture_output=True, text=True)
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines() or ["no reason given"]
            # Node ends a stack trace with its version; the reason stands above.
            reason = next((line for line in lines if "Error" in line), lines[-1])
            raise RuntimeError(f"{arguments[0]} failed with {done.returncode}: {reason}")

    def export_systems(self, first: int, last: int, folder: Path) -> None:
        """The CLI writes word pieces, the vectors are added here: so that each distinct text of all systems is encoded once."""
        unfinished = folder.with_name(f"{folder.name}-pieces")  # not within it: training may read the folder meanwhile
        targets = [folder / f"system-{seed:06}.safetensors" for seed in range(first, last + 1)]
        while targets and targets[0].exists():
            targets.pop(0)
            first += 1
        if not targets:
            return
        failure: RuntimeError | None = None
        try:
            self.run("export-tensors", "--simulated", f"{first}..{last}", "--out", str(unfinished.resolve()))
        except RuntimeError as error:  # some systems may have been written: they are kept
            failure = error
        for target in targets:
            source = unfinished / target.name
            if target.exists():
                source.unlink(missing_ok=True)
            elif source.exists():
                self.texts.complete(source, target)
        with contextlib.suppress(OSError):  # another job still writes there
            unfinished.rmdir()
        if failure:
            raise failure

    def export_recording(self, source: Path, target: Path) -> None:
        if target.exists():
            return
        with tempfile.TemporaryDirectory() as folder:
            telemetry, out = source, Path(folder) / "out"
            if source.is_file():
                telemetry = Path(folder) / "recording"
                with tarfile.open(source) as archive:
                    archive.extractall(telemetry, filter="data")
            store = str(Path(folder) / "store.db")
            self.run("export-tensors", str(telemetry.resolve()), "--out", str(out), "--db", store, "--provider", "cpu")
            (written,) = out.glob("*.safetensors")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(written, target.with_suffix(".part"))
            target.with_suffix(".part").replace(target)


def to_blocks(first: int, count: int) -> list[tuple[int, int]]:
    """Ranges of seeds, ends included."""
    return [(seed, min(seed + BLOCK, first + count) - 1) for seed in range(first, first + count, BLOCK)]


def run_all(jobs: Sequence[tuple[str, Callable[[], None]]], workers: int, stop_at: float) -> tuple[int, list[str]]:
    """Starts no job after `stop_at` (monotonic seconds). -> how many were not started, and what went wrong"""

    def work(job: tuple[str, Callable[[], None]]) -> str | None:
        name, act = job
        if time.monotonic() > stop_at:
            return ""
        try:
            act()
        except (OSError, RuntimeError, ValueError) as error:
            return f"{name}: {error}"
        print(name, flush=True)
        return None

    with ThreadPoolExecutor(workers) as pool:
        answers = list(pool.map(work, jobs))
    return answers.count(""), [answer for answer in answers if answer]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--systems", type=int, default=60)
    parser.add_argument("--heads", type=int, default=24)
    parser.add_argument("--held-out", type=int, default=12)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--recordings", type=Path, help="folder with recordings as archives or folders")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())
    parser.add_argument("--chunk-minutes", type=float, default=1e9, help="begin nothing new after this time")
    parser.add_argument("--cli", default=f"node {ROOT / 'dist' / 'cli.mjs'}", help="how to call the built command line")
    args = parser.parse_args()
    stop_at = time.monotonic() + 60 * args.chunk_minutes
    if args.first_seed + args.systems > HEADS_SEED or HEADS_SEED + args.heads > HELD_OUT_SEED:
        parser.error(f"seeds of training end below {HEADS_SEED}, those of heads below {HELD_OUT_SEED}")
    cli = CommandLine(shlex.split(args.cli), TextVectors(device="cuda" if torch.cuda.is_available() else None))
    train = args.out / "train"

    jobs: list[tuple[str, Callable[[], None]]] = []
    # In the order of need: training ends with a look at held-out systems and may run meanwhile, the heads come last.
    sets = (("held-out", HELD_OUT_SEED, args.held_out), ("train", args.first_seed, args.systems), ("heads", HEADS_SEED, args.heads))
    for folder, first, count in ((args.out / name, first, count) for name, first, count in sets):
        for a, b in to_blocks(first, count):
            jobs.append((f"{folder.name}: systems {a} to {b}", lambda a=a, b=b, folder=folder: cli.export_systems(a, b, folder)))
    if args.recordings:
        for source in sorted(p for p in args.recordings.iterdir() if p.name.startswith(RECORDINGS)):
            target = train / f"recording-{source.name.split('.')[0]}.safetensors"
            jobs.append((target.stem, lambda source=source, target=target: cli.export_recording(source, target)))

    left, problems = run_all(jobs, args.jobs, stop_at)
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"continue: {left} of {len(jobs)} jobs are left" if left else "done")
    if problems:
        raise SystemExit(f"{len(problems)} of {len(jobs)} jobs have runs missing; call again to try them once more")


if __name__ == "__main__":
    main()
