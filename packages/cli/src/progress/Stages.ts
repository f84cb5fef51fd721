/** Lines about the machines of a run while it is pre-trained. */
import type { MachineScores, StageScored, StageStarted } from "@adjoint/core/training/PretrainEvent"
import * as Format from "../terminal/Format.ts"

/** The machine whose training begins, and its data. */
export const header = ({ hidden, layer, rows, stage, stages, units, visible }: StageStarted): string =>
  `pre-training ${stage}/${stages}  ${layer}: ${Format.count(visible)} ${units} units → ${Format.count(hidden)}, ${Format.counted(rows.train, "row")}`

const scores = (part: string, made: MachineScores | undefined): ReadonlyArray<string> =>
  made === undefined
    ? []
    : [`${part}.error ${Format.decimal(made.error)}`, `${part}.free_energy ${Format.decimal(made.freeEnergy)}`]

/** The scores of an epoch of a machine. */
export const row = ({ epoch, layer, milliseconds, rowsPerSecond, train, validation }: StageScored, epochs: number): string =>
  [
    `${layer} ${epoch}/${epochs}`,
    ...scores("train", train),
    ...scores("val", validation),
    `${Format.count(rowsPerSecond)} rows/s`,
    Format.duration(milliseconds),
  ].join("  ")
