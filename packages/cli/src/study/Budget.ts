/** The cores and the memory that the trials of one process may use together. They decide when a trial starts, never its result. */
import { availableParallelism } from "node:os"
import { grouped } from "@adjoint/core/data/grouped"
import type { Point } from "@adjoint/core/search/Space"
import type { Start } from "@adjoint/core/search/Study"
import { defaultPending } from "@adjoint/core/search/Study"
import { diagnostic } from "@adjoint/dsl/diagnostic/Diagnostic"
import * as Positions from "@adjoint/dsl/source/Positions"
import { completed, shown } from "@adjoint/dsl/space/FileSpace"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import type { Sound } from "../model/ModelFile.ts"
import { Refused, UsageError } from "../report/Failure.ts"
import type { Plan } from "./Plan.ts"

/** What the command line says. */
export interface Asked {
  readonly parallel: number | undefined
  readonly cores: number | undefined
  /** Such as `8GB`. */
  readonly memory: string | undefined
  /** The threads of each trial. */
  readonly threads: number | undefined
}

/** Starts a trial when there is memory for it. */
export type Admit = <A, E, R>(
  start: Pick<Start, "number" | "point">,
  trial: Effect.Effect<A, E, R>,
) => Effect.Effect<A, E | Refused, R>

/** The most trials at a time in one process. */
const maxParallel = 64

const wrong = (message: string, hint: string) => Effect.fail(new UsageError({ message, hint }))

/**
 * How many trials run at a time: as many as the cores have room for, unless `--parallel` says fewer, and at most as many as the study
 * leaves pending. With 0, other processes run them all.
 */
export const parallelOf = ({ cores, parallel, threads = 1 }: Asked, plan: Pick<Plan, "parallel" | "study">) => {
  const { pending = defaultPending } = plan.study
  const limit = Math.min(maxParallel, pending)
  if (parallel !== undefined && !(parallel >= 0 && parallel <= limit))
    return wrong(`${parallel} trials at a time`, `from 0 to ${limit}, the study's \`pending\``)
  if (cores !== undefined && !(cores >= threads))
    return wrong(
      `${cores} ${cores === 1 ? "core" : "cores"} for trials of ${threads} ${threads === 1 ? "thread" : "threads"} each`,
      `--cores ${threads}, or fewer --threads`,
    )
  const room = Math.max(1, Math.floor((cores ?? availableParallelism()) / threads))
  const wanted = parallel ?? plan.parallel ?? room
  return Effect.succeed(Math.min(cores === undefined ? wanted : Math.min(wanted, room), limit))
}

const units: { readonly [unit: string]: number } = {
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
}

/** The bytes of a size such as `8GB`, `1.5 GiB` or `512mb`; undefined for another text. `bytesOf("1.5GB") // => 1500000000` */
export const bytesOf = (text: string): number | undefined => {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?) ?([a-z]+)$/i.exec(text.trim()) ?? []
  const each = Object.hasOwn(units, unit.toLowerCase()) ? units[unit.toLowerCase()] : undefined
  const bytes = each === undefined ? 0 : Math.floor(Number(number) * each)
  return bytes >= 1 ? bytes : undefined
}

/** The bytes of `--memory`. */
export const memoryOf = ({ memory }: Pick<Asked, "memory">): Effect.Effect<number | undefined, UsageError> => {
  if (memory === undefined) return Effect.undefined
  const bytes = bytesOf(memory)
  return bytes === undefined
    ? wrong(`\`${memory}\` is no size of memory`, "--memory 8GB, or a number of MB, GB, MiB or GiB")
    : Effect.succeed(bytes)
}

/**
 * The memory of a thread beside the arrays of its training: its heap, the compiled code and the texts. Measured on 2026-12-01: a
 * search of a toy with 8 trials at a time takes 69 MiB more for each than with one.
 */
export const threadBytes = 72 * 2 ** 20

/** Permits are counted in these. */
const permitBytes = 2 ** 20

const permitsOf = (bytes: number): number => Math.ceil(bytes / permitBytes)

/** What a trial takes, and the limit, at the marker whose default would take the least instead. */
const tooLarge = (
  { reading }: Sound,
  bytesAt: (point: Point) => number | undefined,
  { number, point }: Pick<Start, "number" | "point">,
  bytes: number,
  limit: number,
): Refused => {
  const { searched, source } = reading
  const file = searched?.file
  const others = (file === undefined ? [] : Object.keys(point)).flatMap((name) => {
    const { [name]: _, ...rest } = point
    const less = file === undefined ? undefined : bytesAt(completed(file, rest))
    return less === undefined || less >= bytes ? [] : [{ name, less }]
  })
  const [cause] = others.toSorted((a, b) => a.less - b.less)
  const marker = cause === undefined ? undefined : file?.searched.get(cause.name)
  const place = searched === undefined || marker === undefined ? undefined : Positions.nearest(searched.positions, marker.from)
  const value =
    cause === undefined || file === undefined ? "" : `, with \`${cause.name}\` ${shown(file, cause.name, point[cause.name] ?? 0)}`
  const found = diagnostic({
    code: "T530",
    message: `trial ${number} needs ${grouped(bytes)} bytes of memory, and \`--memory\` allows ${grouped(limit)}${value}`,
    file: source.file,
    path: marker?.from ?? [],
    help: "a larger `--memory`, on this machine or another, or a condition on `step.bytes` under `search.where`",
  })
  return new Refused({ diagnostics: [place === undefined ? found : { ...found, span: place.value }], source })
}

/** Starts each trial when its memory is free, of a limit for all that run in this process. */
export const admitting = (sound: Sound, bytesAt: (point: Point) => number | undefined, limit: number): Effect.Effect<Admit> =>
  Effect.map(
    Semaphore.make(permitsOf(limit)),
    (memory): Admit =>
      <A, E, R>(start: Pick<Start, "number" | "point">, trial: Effect.Effect<A, E, R>) =>
        Effect.suspend((): Effect.Effect<A, E | Refused, R> => {
          const planned = bytesAt(start.point) ?? 0
          // A point that no engine has memory for is a trial that fails by itself.
          const bytes = threadBytes + (Number.isFinite(planned) ? planned : 0)
          return bytes > limit
            ? Effect.fail(tooLarge(sound, bytesAt, start, bytes, limit))
            : memory.withPermits(permitsOf(bytes))(trial)
        }),
  )

/** Starts every trial at once. */
export const unlimited: Admit = (_, trial) => trial
