"""``make bench``: docs/architecture.md#figures, measured now, as ratios where a machine's speed would hide them."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from benchmarks import life, order_codes, statuses, stock
from benchmarks.intake import calls_per_order, cold_import_ratio, cpu_ratio, intake
from benchmarks.layer import layer_mebibytes
from benchmarks.local_stack import accept_p50_and_memory


def main() -> None:
    """Measure and print; takes some minutes."""
    console = Console()
    with console.status("cold imports, in fresh interpreters"):
        cold = cold_import_ratio()
    with console.status("an accepted order, AWS answered inside the process"), intake() as function:
        at_rest, busy = calls_per_order(function)
        cpu = cpu_ratio(function)
    with console.status("the layer, as it is deployed"):
        sizes = {architecture: layer_mebibytes(architecture) for architecture in ("arm64", "x86_64")}
    with console.status("the local stack"):
        milliseconds, gibibytes = accept_p50_and_memory()

    table = Table("figure", "measured", "goal")
    table.add_row("cold import of order_intake ÷ boto3.client('dynamodb')", f"{cold:.2f}", "<= 1.5")
    table.add_row("AWS calls per accepted order, at rest", f"{at_rest:.2f}", "2")
    table.add_row("AWS calls per accepted order, busy", f"{busy:.2f}", "<= 1.1")
    table.add_row("processor time of an accepted order ÷ one put_item", f"{cpu:.2f}", "<= 1.5")
    for architecture, size in sizes.items():
        table.add_row(f"layer for {architecture}, unzipped", f"{size:.2f} MiB", "<= 20 MiB")
    table.add_row("local stack: accept p50", f"{milliseconds:.0f} ms", "<= 150 ms")
    table.add_row("local stack: memory of all processes", f"{gibibytes:.2f} GiB", "<= 2 GiB")
    console.print(table)

    life.main()
    order_codes.main()
    stock.main()
    statuses.main()


if __name__ == "__main__":
    main()
