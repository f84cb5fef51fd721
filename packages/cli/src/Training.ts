/** What a sound model file comes to: its rows, what is built over them, and the hash that says what run it is. */
import { type Built, build } from "@adjoint/dsl/build/Build"
import { type Named, useOf } from "@adjoint/dsl/Document"
import { locate } from "@adjoint/dsl/diagnostic/Diagnostic"
import { extent } from "@adjoint/dsl/prepare/Extents"
import type { Prepared } from "@adjoint/dsl/prepare/Prepare"
import { filesOf } from "@adjoint/dsl/prepare/Reading"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import { Refused } from "./Failure.ts"
import { dataOf, type Sound } from "./ModelFile.ts"
import { rowsOf } from "./run/PretrainRows.ts"
import { canonical, sha256 } from "./run/Records.ts"

export interface Training {
  readonly sound: Sound
  readonly prepared: Prepared
  readonly built: Built
  readonly fingerprint: string
}

/** A source without the paths of its files, whose hashes say more. */
const bare = (source: Named): unknown => {
  const use = useOf(source)
  const paths = new Set(filesOf(use).map(({ option }) => option))
  return { name: use.name, options: Object.fromEntries(Object.entries(use.options).filter(([option]) => !paths.has(option))) }
}

/**
 * What a run is of: model, data and training as the document has them, and the rows by their hashes, wherever they lie.
 * How many epochs there are is left out, so that a run can be taken further than it was first meant to go.
 */
const fingerprintOf = ({ document }: Sound, { fitted, lock }: Prepared): string => {
  const { data, model, pretrain } = document
  const { epochs: _, ...train } = document.train
  const { source, test, ...rest } = data ?? {}
  const sources = [source, test].map((each) => (each === undefined ? null : bare(each)))
  const files = lock.files.map(({ sha256 }) => sha256)
  return sha256(canonical({ model, pretrain, train, data: rest, sources, fitted, files, split: lock.split }))
}

/** Reads and prepares the data and builds over it; nothing is computed and nothing written. Fails with `Refused`. */
export const training = (
  sound: Sound,
  options: Parameters<typeof dataOf>[1] = {},
): Effect.Effect<Training, Refused, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const prepared = yield* dataOf(sound, options)
    const seen = sound.document.pretrain === undefined ? {} : { extent: extent(rowsOf(prepared)) }
    const built = build(sound.document, { ...prepared.facts, ...seen })
    const { positions, source } = sound.reading
    if (Result.isFailure(built))
      return yield* new Refused({ diagnostics: built.failure.map((finding) => locate(finding, positions)), source })
    return { sound, prepared, built: built.success, fingerprint: fingerprintOf(sound, prepared) }
  })
