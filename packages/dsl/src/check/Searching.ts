/** Checks the section `search` against the space of the file, its training and its data. */
import { grouped } from "@adjoint/core/data/grouped"
import * as Entry from "@adjoint/core/learning/Entry"
import { gridSize } from "@adjoint/core/search/Sampler"
import { withIndices } from "@adjoint/core/search/Space"
import { count } from "@adjoint/core/search/space/Dimension"
import * as Result from "effect/Result"
import { type Search, useOf } from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import { getsSuggestion, listed, suggest } from "../diagnostic/Suggest.ts"
import type { FileSpace } from "../space/FileSpace.ts"
import { objectives, type Placed } from "../space/Objectives.ts"
import * as Condition from "../variables/Condition.ts"
import * as Monitors from "./Monitors.ts"
import type { Subject } from "./Subject.ts"

/** The input of these checks. */
export interface Searching {
  readonly search: Search
  readonly subject: Subject
  /** The space of the file, if it has search markers, and the names of its variables. */
  readonly file?: FileSpace
  readonly variables: ReadonlyArray<string>
}

/** The limit on the conditions and on the scores of a search: each is asked of every trial. */
const most = 100

/** The limit, at the first item above it. */
const tooMany = ({ search }: Searching): ReadonlyArray<Finding> =>
  (["maximize", "minimize", "where"] as const).flatMap((key): ReadonlyArray<Finding> => {
    const { length } = search[key]
    if (length <= most) return []
    const what = key === "where" ? "conditions" : `scores under \`${key}\``
    const message = `a search has at most ${most} ${what}, and this one has ${grouped(length)}`
    return [{ code: "Y006", message, at: { path: ["search", key, most] } }]
  })

/** All findings about a search. */
export const check = (searching: Searching): ReadonlyArray<Finding> => [
  ...tooMany(searching),
  ...empty(searching),
  ...scores(searching),
  ...repeated(searching),
  ...conditions(searching),
  ...pending(searching),
  ...folds(searching),
  ...patience(searching),
  ...sampler(searching),
]

const empty = ({ file }: Searching): ReadonlyArray<Finding> =>
  file !== undefined
    ? []
    : [
        {
          code: "A640",
          message: "there is nothing to search: no value has a search marker",
          at: { path: ["search"], on: "key" },
          help: "write values to try in place of one: `batch: { $search: [16, 32], default: 32 }`",
        },
      ]

/** The scores within the limit, with their places. */
const placed = ({ maximize, minimize }: Search): ReadonlyArray<Placed> =>
  objectives({ maximize: maximize.slice(0, most), minimize: minimize.slice(0, most) })

const scores = ({ search, subject }: Searching): ReadonlyArray<Finding> => {
  const all = placed(search)
  const asked = all.filter(({ name }) => !Condition.isFact(name))
  const [first] = all
  const ofTest = asked.filter(({ name }) => /^test[._]/u.test(name))
  const known = asked.filter((objective) => !ofTest.includes(objective))
  const unknown = Monitors.unknown(
    { ...subject, ...(search.folds === undefined ? {} : { hasVal: true }) },
    known.map(({ name, path }) => ({ score: name, path })),
  )
  const isUnknown = (objective: Placed): boolean => unknown.some(({ at }) => at.path === objective.path)
  return [
    ...(first !== undefined && asked.length === 0
      ? [
          {
            code: "T525",
            message: `\`${first.name}\` is the same for every training: the search has no score to look for`,
            at: { path: first.path },
            help: "add a score: `maximize: val.accuracy`",
          } as const,
        ]
      : []),
    ...ofTest.map(
      ({ name, path }): Finding => ({
        code: "T503",
        message: `\`${name}\` cannot be searched for: a search never looks at the test rows`,
        at: { path },
        help: `search for \`${name.replace(/^test/u, "val")}\`; the test rows then say how good the best trial is`,
        fix: {
          title: `write \`${name.replace(/^test/u, "val")}\``,
          at: { path },
          text: name.replace(/^test/u, "val"),
          was: name,
        },
      }),
    ),
    ...unknown,
    ...known.filter((objective) => !isUnknown(objective)).flatMap((objective) => wrongSide(objective, subject)),
  ]
}

/** A score that is named twice, on one side or on both. */
const repeated = ({ search }: Searching): ReadonlyArray<Finding> => {
  const all = (["maximize", "minimize"] as const).flatMap((key) =>
    search[key].slice(0, most).map((name, i) => ({ name, path: ["search", key, i] })),
  )
  return all.flatMap(({ name, path }, i): ReadonlyArray<Finding> => {
    const first = all.findIndex((other) => other.name === name)
    const before = all[first]
    return first === i || before === undefined
      ? []
      : [
          {
            code: "T525",
            message: `\`${name}\` is searched for twice`,
            at: { path },
            related: [{ at: { path: before.path }, label: "named here before" }],
            help: "remove one of them",
          },
        ]
  })
}

/** A score that is searched for on the side where it is worse. */
const wrongSide = ({ mode, name, path }: Placed, subject: Subject): ReadonlyArray<Finding> => {
  const better = Monitors.betterOf(subject, name)
  if (better === undefined || better === (mode === "max" ? "higher" : "lower")) return []
  const [key, other] = mode === "max" ? (["maximize", "minimize"] as const) : (["minimize", "maximize"] as const)
  return [
    {
      code: "T525",
      message: `\`${key}\` looks for the worst trials: \`${name}\` is better the ${better}`,
      at: { path },
      help: `write it under \`${other}\``,
    },
  ]
}

const conditions = ({ file, search: { where }, variables }: Searching): ReadonlyArray<Finding> => {
  const known = new Set(variables)
  return where.slice(0, most).flatMap((text, i) => condition(text, i, file, known))
}

const condition = (
  text: string,
  i: number,
  file: FileSpace | undefined,
  variables: ReadonlySet<string>,
): ReadonlyArray<Finding> => {
  const at = { path: ["search", "where", i] }
  const read = Condition.parse(text)
  if (Result.isFailure(read)) return [{ code: "R211", ...read.failure, at }]
  // Variables are only known of a file with markers, and without them there is no point to refuse.
  if (file === undefined) return []
  const unknown = Condition.names(read.success).filter((name) => !Condition.isFact(name) && !variables.has(name))
  return unknown.map((name, n): Finding => {
    const meant = getsSuggestion(i + n, variables.size) ? suggest(name, [...variables]) : undefined
    const help = meant === undefined ? "set it under `vars`" : `did you mean \`$${meant}\`?`
    return { code: "R201", message: `there is no variable \`${name}\``, at, help }
  })
}

const pending = ({ search: { parallel, pending: most } }: Searching): ReadonlyArray<Finding> =>
  parallel === undefined || parallel <= most
    ? []
    : [
        {
          code: "T526",
          message: `${parallel} trials cannot run at a time: at most ${most} are under way`,
          at: { path: ["search", "parallel"] },
          help: `write \`pending: ${parallel}\` too: the sampler then chooses with fewer results`,
        },
      ]

/** Folds of a split that is no random one, or has folds of its own. */
const folds = ({ search, subject: { data } }: Searching): ReadonlyArray<Finding> => {
  if (search.folds === undefined || data === undefined) return []
  const { split } = data
  const key = (["column", "by", "folds"] as const).find((each) => split[each] !== undefined)
  if (key === undefined || (key === "folds" && split.folds === search.folds && split.fold === undefined)) return []
  return [
    {
      code: "D310",
      message:
        key === "folds"
          ? `the split has ${split.folds} folds, and the search ${search.folds}`
          : `\`folds\` of the search divide the rows at random, and \`${key}\` of the split does not`,
      at: { path: ["search", "folds"] },
      related: [{ at: { path: ["data", "split", key], on: "key" }, label: "set here" }],
      help: key === "folds" ? "remove one of them" : "remove `folds`: trials are then compared on the validation rows",
    },
  ]
}

/** A pruner that lets every trial train as long as a run has epochs. */
const patience = ({ search, subject: { catalogue, train } }: Searching): ReadonlyArray<Finding> => {
  const { name, options } = useOf(search.pruner)
  const entry = Object.hasOwn(catalogue.pruner, name) ? catalogue.pruner[name] : undefined
  const epochs = train.epochs * (search.folds ?? 1) * search.seeds
  return Object.entries(entry?.options ?? {}).flatMap(([option, { kind }]): ReadonlyArray<Finding> => {
    const value = options[option]
    if (kind !== "epochs" || typeof value !== "number" || value < epochs) return []
    return [
      {
        code: "T504",
        message: `\`${name}\` lets every trial train ${value} epochs, and a trial has ${epochs}: it never stops one`,
        at: { path: ["search", "pruner", name, option] },
        help: "write fewer epochs, or train longer",
      },
    ]
  })
}

/** A sampler that does not fit the space, or a grid that the trials do not reach the end of. */
const sampler = ({ file, search, subject: { catalogue } }: Searching): ReadonlyArray<Finding> => {
  if (file === undefined) return []
  const use = useOf(search.sampler)
  const at = { path: ["search", "sampler", use.name], on: "key" } as const
  const made = Entry.make(catalogue.sampler, use)
  const several = objectives(search)
  if (several.length > 1 && made.objectives === "one")
    return [
      {
        code: "T527",
        message: `\`${use.name}\` looks for one objective, and the search has ${several.length}`,
        at,
        help: "`tpe` and `nsga` look for the points that no other is better than in all of them",
      },
    ]
  const [problem] = made.check?.(withIndices(file.space)) ?? []
  if (problem !== undefined)
    return [
      {
        code: "T527",
        message: `\`${use.name}\` cannot search \`${problem.dimension}\`: got ${problem.got}, wanted ${problem.wanted}`,
        at,
        help: problem.hint,
      },
    ]
  return made.name === "grid" ? gridLimit(file, search, use.options.levels) : []
}

/** A grid with more points than trials: the last ones, with later values of the first dimensions, are never tried. */
const gridLimit = ({ space }: FileSpace, { trials }: Search, levels: unknown): ReadonlyArray<Finding> => {
  const each = typeof levels === "number" ? levels : 1
  const size = gridSize(space, each)
  const most = trials ?? usualLimit
  if (size <= most) return []
  const continuous = space.filter((dimension) => count(dimension) === Number.POSITIVE_INFINITY).map(({ name }) => name)
  const of = continuous.length === 0 ? "" : `, with ${each} values of ${listed(continuous, "and")}`
  return [
    {
      code: "A641",
      message: `the grid has ${grouped(size)} points${of}, and ${trials === undefined ? "all of them are tried" : `only the first ${trials} are tried`}`,
      at: { path: ["search", "sampler", "grid"], on: "key" },
      help: "`sampler: random` tries values of every dimension with any number of trials",
    },
  ]
}

/** A grid of more points than this is seldom meant. */
const usualLimit = 1000
