/** A contender's process: takes a request and questions, gives answers, and survives a crash or a hang of the contender. */
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { setTimeout as sleep } from "node:timers/promises"
import { Option, Schema } from "effect"
import type { Contender } from "./contenders.ts"
import type { Answer, Question, Request } from "./protocol.ts"

export interface Child {
  /** Its next answer; `cannot` if it ends, or if `limit` ms pass without an answer, after which it is killed. */
  readonly answer: (limit: number) => Promise<Answer>
  readonly ask: (question: Question) => void
  /** Asks it to end, and waits until it has ended. */
  readonly close: () => Promise<void>
}

const answers: Schema.Codec<Answer> = Schema.Union([
  Schema.Struct({
    kind: Schema.Literal("ready"),
    version: Schema.String,
    threads: Schema.Int,
    first: Schema.Finite,
    results: Schema.Array(Schema.Finite),
    processor: Schema.Finite,
    memory: Schema.Finite,
  }),
  Schema.Struct({
    kind: Schema.Literal("samples"),
    milliseconds: Schema.Array(Schema.Finite),
    processor: Schema.Finite,
    memory: Schema.Finite,
  }),
  Schema.Struct({ kind: Schema.Literals(["cannot", "absent"]), reason: Schema.String }),
])

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(answers))

/** The most informative line of an error's output: the first that names an error, otherwise the last. */
const essence = (output: string): string => {
  const lines = output.split("\n").filter((line) => line.trim() !== "")
  return (lines.find((line) => /\w*Error\b.*:/u.test(line)) ?? lines.at(-1) ?? "").trim()
}

export const start = (contender: Contender, request: Omit<Request, "backend" | "threads">): Child => {
  const settled: Request = { ...request, ...contender.setting }
  const child = spawn(contender.command, [...contender.arguments, JSON.stringify(settled)], { stdio: "pipe" })
  let complaints = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints = (complaints + text).slice(-20_000)
  })
  // An error of writing to a dead process is ignored: its end is reported.
  child.stdin.on("error", () => undefined)

  const ended = new Promise<Answer>((resolve) => {
    child.once("error", (error) =>
      resolve({ kind: "code" in error && error.code === "ENOENT" ? "absent" : "cannot", reason: error.message }),
    )
    child.once("close", (code, signal) =>
      resolve({ kind: "cannot", reason: `it ended with ${signal ?? `code ${code}`}: ${essence(complaints)}` }),
    )
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const nextAnswer = async (): Promise<Answer> => {
    for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
      const answer = decode(line.value)
      if (Option.isSome(answer)) return answer.value
    }
    return ended
  }
  return {
    answer: async (limit) => {
      const late: Answer = { kind: "cannot", reason: `no answer within ${limit / 1000} s` }
      const answer = await Promise.race([nextAnswer(), sleep(limit, late, { ref: false })])
      if (answer.kind === "cannot") child.kill("SIGKILL")
      return answer
    },
    ask: (question) => {
      child.stdin.write(`${JSON.stringify(question)}\n`)
    },
    close: async () => {
      child.stdin.end()
      await Promise.race([ended, sleep(2000, undefined, { ref: false })])
      child.kill("SIGKILL")
    },
  }
}
