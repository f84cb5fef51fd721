/** What does not fit between a document and its rows, as findings. */
import * as Preprocess from "@adjoint/core/data/Preprocess"
import * as PreprocessTree from "@adjoint/core/data/PreprocessTree"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import * as Columns from "./Columns.ts"
import type { Place } from "./DataFinding.ts"
import * as Ends from "./Ends.ts"
import type { Rows } from "./Reading.ts"
import type { Described } from "./Spec.ts"

export const noData: Finding = {
  code: "D300",
  message: "the model file has no `data`",
  at: { path: ["data"], on: "missing" },
  help: "add `data: { source: … }`",
}

export const doubled: Finding = {
  code: "D304",
  message: "there are two sets of test rows: `data.test` and a part of the split",
  at: { path: ["data", "split", "test"], on: "key" },
  help: "remove one of them",
}

export const noTarget = ({ source }: Place): Finding => ({
  code: "D303",
  message: "the data has no target",
  at: { path: source },
  help: "say which column is the target, or name an array of targets",
})

const arraysOfTable: Finding = {
  code: "D307",
  message: "`arrays` are the named arrays of an npz file, and this source has none",
  at: { path: ["data", "arrays"], on: "key" },
  help: "remove `arrays`: a table has `columns`, and idx files and toys have one array of inputs",
}

const targetOfTable: Finding = {
  code: "D303",
  message: "`target` is only for arrays; in a table, a column is the target",
  at: { path: ["data", "target"], on: "key" },
  help: "give a column the type `class`, or `role: target`",
}

/** Mismatches between the document and its rows. */
export const mismatches = ({ data, model }: Described, { place, raw }: Rows): ReadonlyArray<Finding> =>
  Preprocess.isTable(raw)
    ? [
        ...(data.arrays === undefined ? [] : [arraysOfTable]),
        ...(data.arrays === undefined || data.columns !== undefined ? Columns.check({ data, model }, raw, place) : []),
        ...(data.target === undefined ? [] : [targetOfTable]),
      ]
    : [
        ...(data.arrays !== undefined && !PreprocessTree.hasNamedArrays(raw) ? [arraysOfTable] : []),
        ...(model === undefined ? [] : Ends.check(data, model)),
      ]
