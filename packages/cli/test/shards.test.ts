/** Workers in other processes: frames, answers that are not trusted, and runs whose workers join, are killed, or are no workers. */
import { type ChildProcess, spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { existsSync, readFileSync } from "node:fs"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"
import type { networkInterfaces } from "node:os"
import { join } from "node:path"
import { serialize } from "node:v8"
import type { Envelope } from "@adjoint/core/engines/Remote"
import { NDArray } from "@adjoint/core/types/NDArray"
import * as Effect from "effect/Effect"
import { MinimumLogLevel } from "effect/References"
import * as fc from "fast-check"
import { afterAll, describe, expect, test } from "vitest"
import { version } from "../src/model/Packages.ts"
import * as Address from "../src/shards/Address.ts"
import * as Frames from "../src/shards/Frames.ts"
import { listen, type Patience } from "../src/shards/Listening.ts"
import { makeMember } from "../src/shards/Member.ts"
import type { Answer } from "../src/shards/Protocol.ts"
import { inherited, main } from "./process.ts"
import { folder, run } from "./world.ts"

type Interfaces = ReturnType<typeof networkInterfaces>

const open = { text: 1000, bytes: 1000 }

/** What a decoder makes of bytes in pieces. */
const decoded = (bytes: Uint8Array, cuts: ReadonlyArray<number>, limits: Frames.Limits = open) => {
  const decode = Frames.decoder(() => limits)
  const ends = [...cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b), bytes.length]
  return ends.flatMap((to, i) => decode(bytes.slice(ends[i - 1] ?? 0, to)))
}

const joined = (parts: ReadonlyArray<Uint8Array>) => Uint8Array.from(parts.flatMap((part) => [...part]))

describe("frames", () => {
  const bytes = fc.uint8Array({ maxLength: 20 })
  const message = fc.record({ text: fc.string(), a: bytes, list: fc.array(bytes, { maxLength: 3 }), n: fc.integer() })

  test("come back as they were, however the stream is cut", () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 4 }), fc.array(fc.nat(400), { maxLength: 6 }), (messages, cuts) => {
        expect(decoded(joined(messages.map(Frames.encode)), cuts)).toEqual(messages)
      }),
    )
  })

  const frame = (text: string, length: number, more: ReadonlyArray<number> = []) => {
    const own = new TextEncoder().encode(text)
    const head = new DataView(new ArrayBuffer(8))
    head.setUint32(0, own.length)
    head.setUint32(4, length)
    return joined([new Uint8Array(head.buffer), own, Uint8Array.from(more)])
  }

  test.each([
    ["more text than may be", frame("x".repeat(1001), 0)],
    ["more bytes than may be, of which none has come", frame("{}", 2 ** 32 - 1)],
    ["text that is not JSON", frame("{", 0)],
    ["text that is not UTF-8", joined([frame("", 0).with(3, 1), Uint8Array.of(255)])],
    ["bytes outside of their frame", frame('{"a":{"$bytes":[1,4]}}', 2, [1, 2])],
    ["random bytes", Uint8Array.from({ length: 64 }, (_, i) => (i * 97) % 256)],
  ])("with %s are refused, and nothing after them is read", (_, bad) => {
    const decode = Frames.decoder(() => open)
    expect(() => decode(bad)).toThrow(Frames.BrokenFrame)
    expect(() => decode(Frames.encode({ a: 1 }))).toThrow(Frames.BrokenFrame)
  })
})

describe("a member", () => {
  const spec = { dtype: "f32", shape: [2] } as const
  const program = { inputs: [spec], constants: [], equations: [], outputs: [0, 0] }
  const array = (shape: ReadonlyArray<number>, bytes: number, dtype: "f32" | "i32" = "f32") => ({
    dtype,
    shape: [...shape],
    data: new Uint8Array(bytes),
  })

  /** A member that was asked for the outputs of one run, and what it replies or why it ended. */
  const asked = (result: Answer["result"], id = 2) => {
    const replies: Array<unknown> = []
    const reasons: Array<string> = []
    const member = makeMember(
      () => {},
      (reason) => reasons.push(reason),
    )
    const worker = member.start({ receive: (reply) => replies.push(reply), ended: () => {} })
    const post = (request: Envelope["request"], number: number) => worker.post({ id: number, request }, [])
    post({ call: "prepare", executable: 7, job: { program, resident: 1 } }, 0)
    post({ call: "run", executable: 7, run: 3, inputs: [[]] }, 1)
    post({ call: "outputs", run: 3 }, 2)
    expect(member.limit()).toBe(8)
    member.receive({ id, result })
    return { replies, reasons }
  }

  test("gives the arrays that it was asked for", () => {
    const { replies, reasons } = asked({ _tag: "Arrays", lists: [[array([2], 8)]] })
    expect(reasons).toEqual([])
    expect(replies).toEqual([{ id: 2, answer: [[new NDArray("f32", [2], new Float32Array(2))]] }])
  })

  test.each<readonly [string, Answer["result"], RegExp]>([
    ["another shape", { _tag: "Arrays", lists: [[array([3], 12)]] }, /f32\[3\] of 12 bytes instead of f32\[2\]/],
    ["another dtype", { _tag: "Arrays", lists: [[array([2], 8, "i32")]] }, /i32\[2\]/],
    ["fewer bytes than its shape", { _tag: "Arrays", lists: [[array([2], 7)]] }, /of 7 bytes/],
    ["more arrays", { _tag: "Arrays", lists: [[array([2], 8), array([2], 8)]] }, /another number of arrays/],
    ["more lists", { _tag: "Arrays", lists: [[array([2], 8)], []] }, /another number of arrays/],
    ["no arrays", { _tag: "Done" }, /another number of arrays/],
  ])("that answers with %s is ended", (_, result, reason) => {
    const { replies, reasons } = asked(result)
    expect(replies).toEqual([])
    expect(reasons).toEqual([expect.stringMatching(reason)])
  })

  test("that answers what it was not asked is ended", () => {
    expect(asked({ _tag: "Done" }, 9).reasons).toEqual(["it answered what it was not asked"])
  })
})

const model = `schema: 1
name: moons
data: { source: { moons: { count: 300, noise: 0.2 } }, split: { val: 10%, seed: 3 } }
model: { layers: [{ dense: { units: 32, activation: relu } }, batch_norm, { dropout: 0.1 }, { head: label }] }
train: { seed: 5, epochs: 40, batch: 30, shards: 6, optimizer: { adam: { lr: 0.005 } } }
lint: { allow: [A613] }
`

const directory = folder({ "moons.yaml": model })

interface Running {
  readonly child: ChildProcess
  readonly stderr: () => string
  readonly says: (what: RegExp) => Promise<RegExpExecArray>
  readonly ended: Promise<number | null>
}

const started: Array<ChildProcess> = []

// A test that fails leaves no process.
afterAll(() => {
  for (const child of started) child.kill("SIGKILL")
})

const start = (...args: ReadonlyArray<string>): Running => {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: directory,
    env: { ...inherited, ADJOINT_TOKEN: "right" },
    stdio: ["ignore", "ignore", "pipe"],
  })
  started.push(child)
  let heard = ""
  child.stderr?.on("data", (chunk: Buffer) => {
    heard += chunk.toString()
    child.emit("heard")
  })
  child.setMaxListeners(0)
  const ended = once(child, "close").then(([code]) => code as number | null)
  const says = async (what: RegExp) => {
    for (;;) {
      const found = what.exec(heard)
      if (found !== null) return found
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`ended without saying ${what}:\n${heard}`)
      await Promise.race([once(child, "heard"), ended])
    }
  }
  return { child, stderr: () => heard, says, ended }
}

/** A run that waits for workers, and the port that it listens on. */
const listening = async (runs: string, ...more: ReadonlyArray<string>) => {
  const args = ["train", "moons.yaml", "--no-report", "--runs", runs, "--listen", "127.0.0.1:0", "--workers", "0", ...more]
  const trainer = start(...args)
  const [, port = ""] = await trainer.says(/worker --join 127\.0\.0\.1:(\d+)/u)
  return { trainer, port }
}

const weightsIn = (runs: string) =>
  createHash("sha256")
    .update(readFileSync(join(directory, runs, "moons/0001/checkpoints/last/weights.safetensors")))
    .digest("hex")

/** Sends bytes, and gathers what comes back. */
const send = async (port: string, ...parts: ReadonlyArray<Uint8Array>) => {
  const socket = connect(Number(port), "127.0.0.1")
  let answer = ""
  socket
    .on("error", () => {})
    .on("data", (chunk) => {
      answer += chunk.toString("latin1")
    })
  await once(socket, "connect")
  for (const part of parts) socket.write(part)
  return { socket, answer: () => answer }
}

describe("a run whose workers are processes", { timeout: 120_000 }, () => {
  test("has the bits of a run without workers: one is killed, one joins late, and others are no workers at all", async () => {
    const alone = await run(["train", join(directory, "moons.yaml"), "--runs", join(directory, "alone")])
    expect(alone.stderr).toContain("finished after epoch 40")
    const { port, trainer } = await listening("joined")
    let id = 0
    const request = (payload: unknown, tag = "Join") =>
      Frames.encode({ _tag: "Request", id: String(id++), tag, payload, headers: [] })
    const strangers = await Promise.all([
      send(
        port,
        Uint8Array.from({ length: 3000 }, (_, i) => (i * 31) % 256),
      ),
      send(port, request({ release: version(), token: "wrong" })),
      send(port, request({ release: "0.0.0", token: "right" })),
      send(port, request({ release: 5 })),
      send(port, request({ id: 0, result: { _tag: "Done" } }, "Reply")),
      // It joins, and answers what it was not asked.
      send(port, request({ release: version(), token: "right" }), request({ id: 77, result: { _tag: "Done" } }, "Reply")),
      send(port, new Uint8Array(serialize({ call: "open" }))),
    ])
    const first = start("worker", "--join", `127.0.0.1:${port}`)
    await trainer.says(/epoch 3\//u)
    first.child.kill("SIGKILL")
    await trainer.says(/a worker has left: its connection has ended; 0 at work/u)
    const late = start("worker", "--join", `127.0.0.1:${port}`, "--threads", "1")
    expect(await trainer.ended).toBe(0)
    expect(trainer.stderr()).toMatch(/✓ finished after epoch 40/u)
    expect(await late.ended).toBe(0)
    expect(late.stderr()).toContain(`the run at 127.0.0.1:${port} has ended`)
    expect(weightsIn("joined")).toBe(weightsIn("alone"))
    const [, wrong, old, , , liar] = strangers.map(({ answer }) => answer())
    expect(wrong).toContain("the token is another one")
    expect(old).toContain("the worker of 0.0.0")
    expect(liar).toContain("Exit")
    expect(trainer.stderr()).toContain("a worker has left: it answered what it was not asked; 0 at work")
    for (const { socket } of strangers) socket.destroy()
  })

  test("ends within a second of an interruption, which ends its worker; that of a killed run ends by itself", async () => {
    const { port, trainer } = await listening("stopped", "--set", "train.epochs=1000000")
    const own = start("worker", "--join", `127.0.0.1:${port}`)
    await trainer.says(/epoch 2\//u)
    trainer.child.kill("SIGINT")
    const from = performance.now()
    expect(await trainer.ended).toBe(130)
    expect(await own.ended).toBe(0)
    expect(performance.now() - from).toBeLessThan(1000)

    const killed = await listening("killed", "--set", "train.epochs=1000000")
    const worker = start("worker", "--join", `127.0.0.1:${killed.port}`)
    await killed.trainer.says(/epoch 1\//u)
    killed.trainer.child.kill("SIGKILL")
    expect(await worker.ended).toBe(4)
    // The reason is that of the system.
    expect(worker.stderr()).toMatch(/the connection to 127\.0\.0\.1:\d+ has ended|cannot connect to .*ECONNREFUSED/u)
    expect(worker.stderr()).not.toContain("An error occurred")
  })
})

test("a worker that the run interrupts, since it answered too late, says that the run has ended", async () => {
  const server = createServer((socket) => {
    const decode = Frames.decoder(() => ({ text: 2 ** 14, bytes: 0 }))
    socket.on("data", (piece) => {
      for (const request of decode(piece) as ReadonlyArray<{ readonly id: string }>)
        socket.end(
          Frames.encode({
            _tag: "Exit",
            requestId: request.id,
            exit: { _tag: "Failure", cause: [{ _tag: "Interrupt", fiberId: 1 }] },
          }),
        )
    })
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  const { code, stderr } = await run(["worker", "--join", `127.0.0.1:${port}`])
  server.close()
  expect(stderr).toContain(`the run at 127.0.0.1:${port} has ended`)
  expect(code).toBe(0)
})

describe("a connection that is no worker's", () => {
  const waiting = (patience: Patience, talk: (socket: Socket) => void) =>
    Effect.runPromise(
      Effect.gen(function* () {
        const { address } = yield* listen({
          address: { host: "127.0.0.1", port: 0 },
          token: "",
          numerics: "portable",
          report: () => Effect.void,
          patience,
        })
        return yield* Effect.promise(async () => {
          const began = performance.now()
          const socket = connect(address.port, address.host)
          await once(socket, "connect")
          talk(socket)
          socket.resume().on("error", () => {})
          await once(socket, "close")
          return performance.now() - began
        })
      }).pipe(Effect.scoped, Effect.provideService(MinimumLogLevel, "None")),
    )

  test("is closed when it is silent", async () => {
    expect(await waiting({ silence: 50, greeting: 10_000 }, () => {})).toBeGreaterThan(40)
  })

  test("is closed when it has not asked to join in time, however slowly it writes", async () => {
    const closed = waiting({ silence: 10_000, greeting: 50 }, (socket) => {
      const writing = setInterval(() => socket.write(Uint8Array.of(0)), 10)
      socket.on("close", () => clearInterval(writing))
    })
    expect(await closed).toBeGreaterThan(40)
  })
})

test.each([
  ["127.0.0.1", "127.0.0.1"],
  ["0.0.0.0", "192.0.2.7"],
  ["::", "192.0.2.7"],
])("what listens on %s is reached at %s", (host, reached) => {
  const entry = { netmask: "", mac: "", cidr: null, internal: false }
  const interfaces: Interfaces = {
    lo: [{ ...entry, address: "127.0.0.1", family: "IPv4", internal: true }],
    eth0: [
      { ...entry, address: "fe80::1", family: "IPv6", scopeid: 2 },
      { ...entry, address: "192.0.2.7", family: "IPv4" },
    ],
  }
  expect(Address.reachable({ host, port: 7000 }, interfaces)).toEqual({ host: reached, port: 7000 })
})

test("what listens on all addresses of a machine without a network is reached from that machine alone", () => {
  expect(Address.reachable({ host: "0.0.0.0", port: 1 }, {}).host).toBe("127.0.0.1")
  expect(Address.reachable({ host: "::", port: 1 }, {}).host).toBe("::1")
})

test("an address that is in use is refused with the reason, before anything is written", async () => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  const runs = join(directory, "refused")
  const listener = await run(["train", join(directory, "moons.yaml"), "--runs", runs, "--listen", `127.0.0.1:${port}`])
  expect(listener.code).toBe(2)
  expect(listener.stderr).toContain(`cannot listen on 127.0.0.1:${port}: listen EADDRINUSE`)
  expect(existsSync(runs)).toBe(false)
  server.close()
})

test.each([
  [["--workers", "2", "--set", "train.shards=1"], "--workers needs batches that are cut into shards"],
  [["--workers", "0"], "--workers 0 makes no sense"],
  [["--workers", "99"], "--workers 99 is more than the"],
  [["--workers", "2", "--engine", "reference"], "workers compute with the wasm engine, not with reference"],
  [["--listen", "nowhere"], '--listen "nowhere" is no address'],
  [["--listen", "127.0.0.1:70000"], "is no address"],
  [["--listen", "0.0.0.0:7000"], "can be reached from other machines, and there is no token"],
])("train %j is refused before anything is written", async (args, message) => {
  const { code, stderr } = await run(["train", join(directory, "moons.yaml"), "--runs", join(directory, "none"), ...args])
  expect(code).toBe(2)
  expect(stderr).toContain(message)
})
