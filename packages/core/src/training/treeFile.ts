/** Trees of tensors as files of named arrays, in the safetensors format: how checkpoints and weights are written and read. */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { fileTypes } from "../data/fileTypes.ts"
import { inTurns } from "../engines/turns.ts"
import type { Tensor } from "../language/Expr.ts"
import { readAll } from "../tensor/read.ts"
import type { NDArray } from "../types/NDArray.ts"
import { piecesOf } from "../types/Pieces.ts"
import { printSpec } from "../types/ShapeError.ts"
import * as Tree from "../types/Tree.ts"
import { CheckpointError } from "./CheckpointError.ts"
import * as Safetensors from "./Safetensors.ts"

/** A leaf's name in a file: its path, joined by dots; dots and backslashes in a name are escaped. */
const leafName = (path: Tree.Path): string => path.map((key) => String(key).replaceAll(/[\\.]/g, "\\$&")).join(".")

/** The leaves of a tree as arrays by name. */
export const named = (tree: unknown): ReadonlyMap<string, NDArray> => {
  const entries = Tree.entries(tree)
  const arrays = readAll(entries.map(([, leaf]) => leaf as Tensor))
  return new Map(entries.map(([path], i) => [leafName(path), arrays[i] as NDArray]))
}

/** The leaves of a tree as the bytes of a file, written in pieces between which other work runs. */
export const encoded = (tree: unknown): Effect.Effect<Uint8Array> =>
  Effect.suspend(() => Effect.orDie(inTurns(piecesOf(Safetensors.encode, named(tree)))))

/** Writes a file and syncs it to the disk. */
export const writeSynced = Effect.fnUntraced(function* (file: string, bytes: Uint8Array) {
  const fs = yield* FileSystem.FileSystem
  yield* Effect.scoped(
    Effect.gen(function* () {
      const handle = yield* fs.open(file, { flag: "w" })
      yield* handle.writeAll(bytes)
      yield* handle.sync
    }),
  )
})

/** Syncs a directory to the disk, so that a rename in it survives a crash. */
export const syncDirectory = Effect.fnUntraced(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  yield* Effect.scoped(Effect.flatMap(fs.open(directory, { flag: "r" }), (handle) => handle.sync))
})

/** The largest file that is read: 4 GiB. */
const maxFileBytes = 2 ** 32

/** The bytes of a regular file, whose size is checked before it is read. Pipes and devices are not opened. */
export const readFile = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const { size, type } = yield* fs.stat(file)
  const hint = "is this a file of weights?"
  if (type !== "File") return yield* new CheckpointError({ file, got: `a ${fileTypes[type]}`, wanted: "a regular file", hint })
  if (size > BigInt(maxFileBytes))
    return yield* new CheckpointError({ file, got: `${size} bytes`, wanted: `at most ${maxFileBytes}`, hint })
  return yield* fs.readFile(file)
})

/** Replaces the leaves of `like` by the arrays of their names. The file must hold exactly these, with their dtypes and shapes. */
const refill = <T>(
  file: string,
  arrays: ReadonlyMap<string, NDArray>,
  like: T,
  hint: string,
): Effect.Effect<T, CheckpointError> => {
  const entries = Tree.entries(like)
  for (const [path, leaf] of entries) {
    const [name, wanted] = [leafName(path), printSpec(leaf as Tensor)]
    const found = arrays.get(name)
    const got = found === undefined ? "nothing" : printSpec(found)
    if (got !== wanted) return Effect.fail(new CheckpointError({ file, got: `${got} for ${name}`, wanted, hint }))
  }
  if (arrays.size > entries.length) {
    const known = new Set(entries.map(([path]) => leafName(path)))
    const extra = [...arrays.keys()].filter((name) => !known.has(name))
    return Effect.fail(new CheckpointError({ file, got: extra.join(", "), wanted: "only the arrays of this net", hint }))
  }
  return Effect.succeed(
    Tree.withLeaves(
      like,
      entries.map(([path]) => arrays.get(leafName(path))),
    ) as T,
  )
}

/** The arrays in the bytes of a safetensors file as a tree of the same structure as `like`. `hint` says which tree has it. */
export const arraysIn = Effect.fnUntraced(function* <T>(file: string, bytes: Uint8Array, like: T, hint: string) {
  const arrays = yield* Effect.fromResult(yield* Effect.orDie(inTurns(piecesOf(Safetensors.decode, bytes, file))))
  return yield* refill(file, arrays, like, hint)
})
