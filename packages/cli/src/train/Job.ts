/** The job of one run: the model file that it trains, the run that it resumes, and where its folder goes. */
import { basename, dirname, join } from "node:path"
import type { Fold } from "@adjoint/core/training/CrossValidate"
import type { Reading } from "@adjoint/dsl/Read"
import * as Effect from "effect/Effect"
import { UsageError } from "../report/Failure.ts"
import { find } from "../run/Find.ts"
import { openRun, type Run } from "../run/Run.ts"
import { files } from "../run/RunFolder.ts"

/** What the arguments of `adjoint train` say about its run. */
export interface Asked {
  readonly file: string | undefined
  readonly resume: string | undefined
  readonly set: ReadonlyArray<string>
  readonly runs: string
}

export interface Job {
  /** The model file, what its paths are relative to, and what `--set` changes in it. */
  readonly file: string
  readonly directory: string
  readonly sets: ReadonlyArray<string>
  /** The run that it resumes. */
  readonly parent?: Run
  /** Whether its model file is the one of the run that it resumes, and not one that was named. */
  readonly repeats: boolean
  /** Where its folder goes: below `runs`, by the name of the model file unless it has another. */
  readonly runs: string
  readonly name?: string
  /** Whether it is one fold of a cross-validation, which reports what its folds have in common. */
  readonly isFold: boolean
  /** Of a fold: the model file of the whole as it was typed, in which messages are located. */
  readonly typed?: Reading
}

/** The job that the arguments ask for. Fails with `UsageError` without a model file, and with the errors of `find` and `openRun`. */
export const jobOf = ({ file, resume, runs, set: sets }: Asked) =>
  Effect.gen(function* () {
    const own = resume === undefined ? {} : { parent: yield* openRun(yield* find(resume, runs)) }
    if (file !== undefined) return { ...own, file, directory: dirname(file), sets, repeats: false, runs, isFold: false }
    if (own.parent === undefined) {
      const hint = "adjoint train model.yaml, or adjoint train --resume RUN"
      return yield* new UsageError({ message: "which model file?", hint })
    }
    const { command, directory } = own.parent
    return {
      ...own,
      file: join(directory, files.resolved),
      directory: command.directory,
      sets,
      repeats: true,
      runs,
      isFold: false,
    }
  })

/** The name of the folder of a fold's runs. `nameOf({ repeat: 2, fold: 3 }) // => "2-3"` */
export const nameOf = ({ fold, repeat }: Fold): string => `${repeat}-${fold}`

/** A cross-validation: its folder, what the paths of its model file are relative to, and that file as it was typed. */
export interface Whole {
  readonly folder: string
  readonly directory: string
  readonly typed: Reading
}

/**
 * The job of one fold, which resumes the run in the folder `resumes`. Its model file is that of the whole with this fold, and its
 * folder is `folds/2-3/0001` for fold 3 of repeat 2.
 */
export const foldJobOf = ({ directory, folder, typed }: Whole, fold: Fold, resumes: string | undefined) =>
  Effect.map(
    resumes === undefined ? Effect.succeed(undefined) : openRun(resumes),
    (parent): Job => ({
      file: join(folder, files.resolved),
      directory,
      sets: [`data.split.fold=${fold.fold}`, `data.split.repeat=${fold.repeat}`],
      ...(parent === undefined ? {} : { parent }),
      repeats: false,
      runs: join(folder, files.folds),
      name: nameOf(fold),
      isFold: true,
      typed,
    }),
  )

/** A word of a command line, in quotes if a shell would divide or change it. */
const quoted = (word: string): string => (/^[\w@%+=:,./~\\-]+$/u.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)

/** The name of a run on the command line, as a shell takes it: `digits/0007`, with `--runs` unless its folder is in the usual place. */
export const referenceOf = (
  folder: string,
  { runs, usualRuns }: { readonly runs: string; readonly usualRuns: string },
): string => {
  const name = `${basename(dirname(folder))}/${basename(folder)}`
  return runs === usualRuns ? quoted(name) : `${quoted(name)} --runs ${quoted(runs)}`
}
