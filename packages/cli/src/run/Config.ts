/** The run that a model file describes, as core's training takes it. */
import type { Arrays, Values } from "@adjoint/core/data/PreprocessTree"
import type { Params } from "@adjoint/core/learning/Params"
import * as Checkpoint from "@adjoint/core/training/Checkpoint"
import type * as Train from "@adjoint/core/training/Train"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as Path from "effect/Path"
import type { Training } from "../model/Training.ts"
import { checkpointOf } from "./Run.ts"

/** A model file's net has trees of any names for parameters. */
export type Config = Train.Config<Params, Params, Params, FileSystem.FileSystem | Path.Path, Values, Values, Arrays>

/** The run, before it has a folder. */
export const configOf = ({ built, fingerprint, prepared }: Pick<Training, "built" | "fingerprint" | "prepared">): Config => {
  const { checkpoint: _, heads: __, units: ___, ...config } = built
  return {
    ...config,
    data: prepared.train,
    ...(prepared.val === undefined ? {} : { validation: prepared.val }),
    fingerprint,
  }
}

/** The checkpoints that are kept: those asked for, and the one whose weights the run ends with. */
const kept = ({ checkpoint, earlyStop }: Training["built"]): ReadonlySet<"best" | "last"> =>
  new Set([...checkpoint.keep, earlyStop?.restoreBest === true ? "best" : "last"])

/** How a run saves into its folder. */
export const savingIn = (directory: string, { built }: Training): NonNullable<Config["saving"]> => {
  const keep = kept(built)
  return {
    every: built.checkpoint.every,
    save: (kind, checkpoint) => {
      const path = checkpointOf(directory, kind)
      return keep.has(kind) ? Checkpoint.save(path, checkpoint) : Effect.succeed({ directory: path })
    },
  }
}
