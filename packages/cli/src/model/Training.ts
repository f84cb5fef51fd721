/** What a sound model file comes to: its rows, what is built over them, and the hash that says what run it is. */
import type { ScratchError } from "@adjoint/core/data/ScratchError"
import { type Built, build } from "@adjoint/dsl/build/Build"
import { type Checked, checked } from "@adjoint/dsl/check/Checked"
import { type ModelFile, type Named, useOf } from "@adjoint/dsl/Document"
import { locate } from "@adjoint/dsl/diagnostic/Diagnostic"
import { extent } from "@adjoint/dsl/prepare/Extents"
import type { Prepared } from "@adjoint/dsl/prepare/Prepared"
import { filesOf } from "@adjoint/dsl/prepare/Reading"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { Refused } from "../report/Failure.ts"
import type { World } from "../terminal/World.ts"
import { canonical, sha256 } from "./Hash.ts"
import { dataOf, type Sound } from "./ModelFile.ts"
import { rowsOf } from "./PretrainRows.ts"

export interface Training {
  readonly sound: Sound
  readonly prepared: Prepared
  /** What was built. */
  readonly checked: Checked
  readonly built: Built
  readonly fingerprint: string
}

/** A source without the paths of its files, whose hashes say more. */
const bare = (source: Named): Named => {
  const { name, options } = useOf(source)
  const paths = new Set(filesOf({ name, options }).map(({ option }) => option))
  return { [name]: Object.fromEntries(Object.entries(options).filter(([option]) => !paths.has(option))) }
}

/**
 * What of a document a run is of: model, data and training, wherever the files of the data lie. How many epochs there are
 * is left out, so that a run can be taken further than it was first meant to go.
 */
export const essence = ({ data, model, pretrain, train: { epochs: _, ...train } }: ModelFile) => ({
  data: data === undefined ? undefined : { ...data, source: bare(data.source), test: data.test && bare(data.test) },
  model,
  pretrain,
  train,
})

/** What a run is of, as a hash: the essence of its document, and the rows by their hashes. */
const fingerprintOf = ({ document }: Sound, { fitted, lock }: Prepared): string =>
  sha256(canonical({ ...essence(document), fitted, files: lock.files.map(({ sha256 }) => sha256), split: lock.split }))

/** Reads and prepares the data and builds over it; nothing is computed and nothing written. Fails with `Refused`. */
export const training = (
  sound: Sound,
  options: Parameters<typeof dataOf>[1] = {},
): Effect.Effect<Training, Refused | ScratchError, FileSystem.FileSystem | Scope.Scope | World> =>
  Effect.gen(function* () {
    const prepared = yield* dataOf(sound, options)
    const seen = sound.document.pretrain === undefined ? {} : { extent: extent(rowsOf(prepared)) }
    const { positions, report, source } = sound.reading
    const right = checked(sound.document, { ...prepared.facts, ...seen }, { report })
    if (Result.isFailure(right))
      return yield* new Refused({ diagnostics: right.failure.map((finding) => locate(finding, positions)), source })
    return {
      sound,
      prepared,
      checked: right.success,
      built: build(right.success),
      fingerprint: fingerprintOf(sound, prepared),
    }
  })
