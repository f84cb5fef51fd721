/**
 * Makes tickets.csv, invented support tickets of a shop with columns of many kinds:
 *
 *     node examples/data/tickets.ts
 *
 * Every number is drawn from a key, so the file is the same on any machine.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { Key, Tensor } from "@adjoint/core"

const rows = 320

/** Numbers from 0 to 1 for each row, drawn from a key of this name. */
const drawn = (name: string): ReadonlyArray<number> => {
  const { data } = Tensor.read(Key.uniform(Key.fold(Key.make(13), name), [rows]))
  return Array.from(data)
}

const day = 86_400_000
const start = Date.UTC(2023, 0, 2)

const priorities = ["low", "normal", "high", "urgent"]
const products = ["chair", "desk", "lamp", "shelf", "rug", "mirror", "clock", "vase", "stool", "bench"]
const problems = ["broken", "late", "refund", "colour", "invoice"]

/** An entry of a list, the first ones most often. */
const skewed = (list: ReadonlyArray<string>, x: number): string => list[Math.floor(list.length * x ** 2.5)] ?? ""

const [when, hour, priority, product, customer, weight, noise] = [
  "when",
  "hour",
  "priority",
  "product",
  "customer",
  "weight",
  "noise",
].map(drawn)
const tags = problems.map((problem) => drawn(problem))

const lines = Array.from({ length: rows }, (_, row) => {
  const at = (list: ReadonlyArray<number> | undefined): number => list?.[row] ?? 0
  const opened = new Date(start + Math.floor(at(when) * 364) * day + Math.floor(at(hour) * 24 * 4) * 900_000)
  const rank = Math.floor(at(priority) * 4)
  const own = problems.filter((_, i) => (tags[i]?.[row] ?? 0) < 0.3)
  const isWeekend = opened.getUTCDay() % 6 === 0
  const isBusy = opened.getUTCMonth() >= 10
  // Urgent tickets are answered in time; those of weekends, of November and December, and those about refunds are not.
  const score =
    1.5 - 1.1 * rank + (isWeekend ? 1.8 : 0) + (isBusy ? 2.2 : 0) + (own.includes("refund") ? 1.2 : 0) + 1.2 * (at(noise) - 0.5)
  return [
    `T${String(row + 1).padStart(3, "0")}`,
    `c${Math.floor(at(customer) * 90) + 1}`,
    opened.toISOString().slice(0, 16),
    at(noise) > 0.97 ? "" : (priorities[rank] ?? ""),
    skewed(products, at(product)),
    own.join("|"),
    at(weight) < 0.2 ? "2" : "1",
    score > 0 ? "yes" : "no",
  ].join(",")
})

const header = "ticket,customer,opened,priority,product,tags,weight,overdue"
writeFileSync(join(import.meta.dirname, "tickets.csv"), `${[header, ...lines].join("\n")}\n`)
