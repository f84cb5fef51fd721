/** The worker's side of the engine in a worker, which answers messages: here on the calling thread, without a worker. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import type { Answers, Reply, Request, Wire } from "../src/backend/worker/messages.ts"
import { lowerPriority } from "../src/backend/worker/priority.ts"
import { serve } from "../src/backend/worker/serve.ts"
import { NDArray, Program, Tensor } from "../src/index.ts"

type T = Tensor.Tensor

const start = NDArray.make("f32", [3], Float32Array.of(1, 2, 3))
const one = NDArray.make("f32", [], Float32Array.of(1))

/** A step that returns its next state and the mean of it. */
const step = (next: (w: T, x: T) => T) => ({
  program: Program.trace(
    (w, x) => {
      const state = next(w as T, x as T)
      return [state, Tensor.mean(state)]
    },
    [start, one],
  ),
  resident: 1,
})

/** Asks the worker's side, which answers each request before the next. */
const asking = () => {
  const replies: Array<Reply> = []
  const transferred: Array<ReadonlyArray<ArrayBuffer>> = []
  const receive = serve((reply, transfer) => {
    replies.push(reply)
    transferred.push(transfer)
  })
  const ask = async <C extends keyof Answers>(request: Extract<Request, { readonly call: C }>): Promise<Answers[C]> => {
    await receive({ id: replies.length, request })
    const reply = replies.at(-1)
    if (reply === undefined || "error" in reply) throw new Error(JSON.stringify(reply))
    return reply.answer as Answers[C]
  }
  return { ask, transferred }
}

const open = { call: "open", threads: 1, numerics: "portable", priority: "normal", lanes: 128, isAsked: true } as const
const plus = (n: number) => Float32Array.from(start.data, (x) => x + n)
const first = (wire: Wire | undefined) => wire?.[0]?.data

describe("a run that takes long", () => {
  beforeEach(() => {
    let time = 0
    vi.spyOn(performance, "now").mockImplementation(() => {
      time += 100
      return time
    })
  })
  afterEach(() => vi.restoreAllMocks())

  test("answers with its state in shared memory, of which two copies alternate", async () => {
    const { ask, transferred } = asking()
    await ask(open)
    await ask({ call: "prepare", executable: 0, job: step((w, x) => Tensor.add(w, x) as T) })
    await ask({ call: "load", executable: 0, state: [start] })
    const states: Array<Wire | undefined> = []
    for (let run = 0; run < 4; run++) states.push((await ask({ call: "run", executable: 0, run, inputs: [[one]] }))?.state)
    const [a, b, c, d] = states.map(first)
    expect(a?.buffer).toBeInstanceOf(SharedArrayBuffer)
    expect([c?.buffer === a?.buffer, d?.buffer === b?.buffer, a?.buffer === b?.buffer]).toEqual([true, true, false])
    // The copy before the last one still holds the state before the last run.
    expect(c).toEqual(plus(3))
    expect(d).toEqual(plus(4))
    // A state that is asked for is a copy of its own, which moves to the other side.
    const asked = first(await ask({ call: "state", executable: 0 }))
    expect(asked).toEqual(plus(4))
    expect([asked?.buffer instanceof SharedArrayBuffer, transferred.at(-1)?.includes(asked?.buffer as ArrayBuffer)]).toEqual([
      false,
      true,
    ])
  })

  test("keeps the copy of a state that another executable has taken", async () => {
    const { ask } = asking()
    await ask(open)
    for (const executable of [0, 1]) await ask({ call: "prepare", executable, job: step((w, x) => Tensor.add(w, x) as T) })
    await ask({ call: "load", executable: 0, state: [start] })
    const run = async (executable: number, run: number) =>
      first((await ask({ call: "run", executable, run, inputs: [[one]] }))?.state)
    const known = await run(0, 0)
    await ask({ call: "take", executable: 1, from: 0 })
    // The first one gets another state: its runs must not overwrite what is known of the second one's.
    await ask({ call: "load", executable: 0, state: [start] })
    for (const number of [1, 2, 3]) await run(0, number)
    expect(known).toEqual(plus(1))
    expect(await run(1, 4)).toEqual(plus(2))
    expect(known).toEqual(plus(1))
    expect(await run(1, 5)).toEqual(plus(3))
  })

  test("sends no state that it has not changed", async () => {
    const { ask } = asking()
    await ask(open)
    await ask({ call: "prepare", executable: 0, job: step((w) => w) })
    await ask({ call: "load", executable: 0, state: [start] })
    expect(await ask({ call: "run", executable: 0, run: 0, inputs: [[one]] })).toBeUndefined()
  })
})

test("a priority that the host does not let it lower stays as it is", () => {
  const host = process.getBuiltinModule
  try {
    process.getBuiltinModule = (() => {
      throw new Error("ENOENT: no such file or directory, readlink '/proc/thread-self'")
    }) as never
    expect(lowerPriority()).toBe(false)
  } finally {
    process.getBuiltinModule = host
  }
})
