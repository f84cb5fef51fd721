/**
 * The arrays that every contender starts from, drawn once from a seed and handed over as files of little-endian numbers,
 * since no two libraries draw alike. Files lie in a folder of their own for each task.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Task, TaskOf } from "./protocol.ts"

/** Numbers by name, each name a file. */
type Arrays = Readonly<Record<string, Float32Array | Int32Array>>

/** Reads an array of f32. */
export const readFloats = (folder: string, name: string): Float32Array => {
  const { buffer, byteOffset, byteLength } = readFileSync(join(folder, name))
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength))
}

/** Reads an array of i32. */
export const readIntegers = (folder: string, name: string): Int32Array => new Int32Array(readFloats(folder, name).buffer)

/** A dense layer: w [rows, columns], b [columns]. */
export interface DenseLayer {
  readonly rows: number
  readonly columns: number
  readonly w: Float32Array
  readonly b: Float32Array
}

/** What training starts from. */
export interface Training {
  readonly layers: ReadonlyArray<DenseLayer>
  /** [batch, widths[0]] */
  readonly x: Float32Array
  /** Class indices, [batch] */
  readonly labels: Int32Array
  readonly classes: number
}

const pairs = (widths: ReadonlyArray<number>) => widths.slice(1).map((columns, i) => ({ rows: widths[i] ?? 0, columns }))

/** The weights and the batch of a training task. */
export const readTraining = (folder: string, { widths }: TaskOf<"adam">): Training => ({
  layers: pairs(widths).map(({ rows, columns }, i) => ({
    rows,
    columns,
    w: readFloats(folder, `w${i}`),
    b: readFloats(folder, `b${i}`),
  })),
  x: readFloats(folder, "x"),
  labels: readIntegers(folder, "labels"),
  classes: widths.at(-1) ?? 0,
})

/** What the arrays are made of: standard normal and uniform numbers by name. */
export interface Draw {
  readonly normal: (name: string, size: number) => Float32Array
  readonly uniform: (name: string, size: number) => Float32Array
}

const arraysOf: { readonly [K in Task["kind"]]: (task: TaskOf<K>, draw: Draw) => Arrays } = {
  adam: ({ batch, widths }, draw) => {
    const layers = pairs(widths).flatMap(({ rows, columns }, i) => [
      [`w${i}`, draw.normal(`w${i}`, rows * columns).map((x) => x * Math.sqrt(2 / rows))] as const,
      [`b${i}`, new Float32Array(columns)] as const,
    ])
    return {
      ...Object.fromEntries(layers),
      x: draw.uniform("x", batch * (widths[0] ?? 0)),
      labels: Int32Array.from({ length: batch }, (_, i) => i % (widths.at(-1) ?? 1)),
    }
  },
  matmul: ({ n }, draw) => ({ a: draw.uniform("a", n * n), b: draw.uniform("b", n * n) }),
}

/** Writes the arrays of a task into a folder, which is made. */
export const write = <K extends Task["kind"]>(folder: string, task: TaskOf<K>, draw: Draw): void => {
  mkdirSync(folder, { recursive: true })
  const arrays = (arraysOf[task.kind] as (task: TaskOf<K>, draw: Draw) => Arrays)(task, draw)
  for (const [name, array] of Object.entries(arrays)) writeFileSync(join(folder, name), array)
}
