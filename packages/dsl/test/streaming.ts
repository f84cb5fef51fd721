/** A document's rows prepared in memory and on disk, with all their numbers, so that tests can compare them. */
import { readdirSync } from "node:fs"
import { join } from "node:path"
import type { RowArrays } from "@adjoint/core/data/PreprocessTree"
import * as StoredArray from "@adjoint/core/data/StoredArray"
import type { NDArray } from "@adjoint/core/types/NDArray"
import * as Tree from "@adjoint/core/types/Tree"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Effect } from "effect"
import { expect } from "vitest"
import type { Data } from "../src/Document.ts"
import type { Document } from "../src/prepare/Prepare.ts"
import { prepare } from "../src/prepare/Prepare.ts"
import type { Part, Prepared } from "../src/prepare/Prepared.ts"
import { isStreamed, prepareStreamed, Streaming } from "../src/prepare/Streamed.ts"
import { read } from "../src/Read.ts"
import { fromText } from "../src/source/Source.ts"
import { completed } from "./reading.ts"

/** A document with a section of data. */
export const dataIn = (section: string): Document & { readonly data: Data } => {
  const { decoded, diagnostics } = read(fromText("m.yaml", completed(`data: ${section}\n`)))
  if (decoded?.data === undefined) throw new Error(`${section} is no section of data: ${JSON.stringify(diagnostics)}`)
  return section.includes("model:") ? { data: decoded.data, model: decoded.model } : { data: decoded.data }
}

const arrays = (tree: unknown) =>
  Tree.entries(tree).map(([path, leaf]) => {
    const { data, dtype, shape } = leaf as NDArray
    return { path, dtype, shape, data: [...data] }
  })

/** All numbers of a part, wherever its rows are. */
export const numbersOf = async (part: Part<RowArrays> | undefined) => {
  if (part === undefined) return undefined
  const { inputs, targets, weights, ...names } = part
  const rows = (Tree.leaves(inputs as unknown)[0] as unknown as NDArray).shape[0] ?? 0
  const found = await StoredArray.read(inputs as unknown, { start: 0, end: rows })
  return { inputs: arrays(found), targets: arrays(targets), weights: weights && arrays(weights), names }
}

/** All that preparing gives, wherever its rows are. */
export const all = async ({ facts, fitted, inTime, lock, origins, slices, test, train, val }: Prepared) => {
  const { isStored: _, ...rest } = facts
  const lines = Object.entries(origins).map(([part, { line, rows }]) => [part, Array.from(rows, (row) => [row, line?.(row)])])
  const parts = [await numbersOf(train), await numbersOf(val), await numbersOf(test)]
  return { facts: rest, fitted, inTime, lock, slices, lines, parts }
}

/** The rows of a document, in memory. */
export const inMemory = (document: Document, folder: string) =>
  Effect.runPromise(
    Effect.flatMap(prepare(document, folder), (prepared) => Effect.promise(() => all(prepared))).pipe(
      Effect.provide(NodeFileSystem.layer),
    ),
  )

/** The same rows on disk, whatever the size of their files. */
export const onDisk = (document: Document, folder: string) => {
  const cache = join(folder, "cache")
  return Effect.runPromise(
    Effect.gen(function* () {
      expect(yield* isStreamed(document, folder)).toBe(true)
      const prepared = yield* prepareStreamed(document, folder)
      expect(prepared.facts.isStored).toBe(true)
      // Of the temporary files those with prepared rows are left.
      const names = readdirSync(cache).flatMap((name) => readdirSync(join(cache, name)))
      expect(names.filter((name) => !/^(owner\.json|(train|val|test)\S*\.rows)$/.test(name))).toEqual([])
      return yield* Effect.promise(() => all(prepared))
    }).pipe(
      Effect.scoped,
      Effect.provideService(Streaming, { from: 1, arraysFrom: 1, folder: cache }),
      Effect.provide(NodeFileSystem.layer),
    ),
  )
}

/** What a promise rejects with: the findings, as text; empty if it does not. */
export const failureOf = (running: Promise<unknown>): Promise<string> =>
  running.then(
    () => "",
    (error: unknown) => {
      const findings: unknown = Reflect.get(error as object, "findings")
      if (findings === undefined) throw error
      return JSON.stringify(findings)
    },
  )
