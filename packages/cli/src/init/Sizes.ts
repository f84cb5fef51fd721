/** Sizes of a net and of its training that suit a table, by its number of rows. */
import type { Target } from "./Target.ts"

export interface Sizes {
  /** More rows than these want larger sizes. */
  readonly rows: number
  readonly units: ReadonlyArray<number>
  /** Few rows are told apart by smooth borders. */
  readonly activation: "relu" | "tanh"
  readonly dropout: number
  readonly batch: number
  readonly epochs: number
  readonly patience: number
  /** The learning rate. */
  readonly rate: string
  /** The weight decay: of few rows, large weights learn noise. */
  readonly decay: string
}

/** Measured with scripts/init-scores.ts. */
const table: ReadonlyArray<Sizes> = [
  { rows: 50, units: [], activation: "tanh", dropout: 0, batch: 4, epochs: 100, patience: 20, rate: "1e-2", decay: "1" },
  { rows: 500, units: [16], activation: "tanh", dropout: 0.1, batch: 16, epochs: 200, patience: 25, rate: "5e-3", decay: "3e-2" },
  {
    rows: 2000,
    units: [64, 32],
    activation: "relu",
    dropout: 0.3,
    batch: 32,
    epochs: 150,
    patience: 20,
    rate: "2e-3",
    decay: "2e-2",
  },
  {
    rows: 5000,
    units: [64, 32],
    activation: "relu",
    dropout: 0.2,
    batch: 32,
    epochs: 100,
    patience: 15,
    rate: "3e-3",
    decay: "1e-2",
  },
  {
    rows: 50_000,
    units: [128, 64],
    activation: "relu",
    dropout: 0.2,
    batch: 64,
    epochs: 60,
    patience: 10,
    rate: "3e-3",
    decay: "1e-2",
  },
  {
    rows: Number.POSITIVE_INFINITY,
    units: [256, 128],
    activation: "relu",
    dropout: 0.1,
    batch: 256,
    epochs: 30,
    patience: 5,
    rate: "3e-3",
    decay: "1e-2",
  },
]

/** The sizes for a table with so many rows. Dropout changes the variance that a quantity is computed from, so it has less of it, and smaller batches. */
export const sizesOf = (rows: number, { type }: Target): Sizes => {
  const sizes = table.find((each) => rows < each.rows) ?? (table.at(-1) as Sizes)
  const isLess = type === "number" && sizes.dropout > 0.1
  return isLess ? { ...sizes, dropout: 0.05, epochs: sizes.epochs + 50, batch: sizes.batch / 2, rate: "3e-3" } : sizes
}

/** A batch that leaves some steps an epoch, of all rows with those of validation and test. */
export const largestBatch = (rows: number): number => 2 ** Math.max(0, Math.floor(Math.log2(rows / 6)))
