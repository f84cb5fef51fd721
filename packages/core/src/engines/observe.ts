/**
 * What runs and compilation show to Effect's observability: spans for the tracer that is provided, and logs for the loggers that are.
 * Without them it does nothing. `Effect.withSpan` and `Effect.log` would bring the default tracer and loggers, which nobody reads
 * there, into every page: 6 kB.
 */
import * as Cause from "effect/Cause"
import type { Clock } from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { Logger } from "effect/Logger"
import * as Option from "effect/Option"
import { CurrentLogAnnotations, MinimumLogLevel, TracerEnabled, TracerSpanAnnotations, TracerSpanLinks } from "effect/References"
import { ParentSpan, type Span, type Tracer } from "effect/Tracer"

/** Attributes, with names like those of OpenTelemetry: `adjoint.epoch`. */
export type Attributes = { readonly [name: string]: string | number | boolean }

/** Effect's `Clock`, `Tracer` and `CurrentLoggers` without their defaults: they are there if a program provides them. */
const ProvidedClock = Context.Service<Clock, Clock>("effect/Clock")
const ProvidedTracer = Context.Service<Tracer, Tracer>("effect/Tracer")
type Loggers = ReadonlySet<Logger<unknown, unknown>>
const ProvidedLoggers = Context.Service<Loggers, Loggers>("effect/Logger/CurrentLoggers")

/** The time of the clock that is provided, or of the host, in nanoseconds since 1970. */
const nanoseconds = (context: Context.Context<never>): bigint =>
  Option.match(Context.getOption(context, ProvidedClock), {
    onNone: () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6)),
    onSome: (clock) => clock.currentTimeNanosUnsafe(),
  })

/** A span that begins now, as `Effect.withSpan` makes it. */
const begin = (tracer: Tracer, name: string, context: Context.Context<never>): Span => {
  const parent = Context.getOption(context, ParentSpan)
  return tracer.span({
    name,
    parent,
    annotations: Context.empty(),
    links: [...Context.get(context, TracerSpanLinks)],
    startTime: nanoseconds(context),
    kind: "internal",
    root: false,
    sampled: Option.isNone(parent) || parent.value.sampled,
  })
}

/**
 * Runs an effect in a span if a tracer is provided. `attributes` describe its start and `result` its result; neither is called
 * without a tracer.
 */
export const spanned = <A, E, R, Needs = never>(
  effect: Effect.Effect<A, E, R>,
  name: string,
  attributes: () => Attributes | Effect.Effect<Attributes, never, Needs>,
  result: (value: A) => Attributes = () => ({}),
): Effect.Effect<A, E, R | Needs> =>
  Effect.flatMap(Effect.context<never>(), (context): Effect.Effect<A, E, R | Needs> => {
    const tracer = Context.getOption(context, ProvidedTracer)
    if (Option.isNone(tracer) || !Context.get(context, TracerEnabled)) return effect
    return Effect.gen(function* () {
      const given = attributes()
      const described = Effect.isEffect(given) ? yield* given : given
      const span = begin(tracer.value, name, context)
      const describe = (facts: { readonly [name: string]: unknown }): void => {
        for (const [key, value] of Object.entries(facts)) span.attribute(key, value)
      }
      describe({ ...Context.get(context, TracerSpanAnnotations), ...described })
      return yield* effect.pipe(
        Effect.tap((value) => Effect.sync(() => describe(result(value)))),
        Effect.provideService(ParentSpan, span),
        Effect.onExit((exit) => Effect.sync(() => span.end(nanoseconds(context), exit))),
      )
    })
  })

/** The minimum log levels that let a message of a level through. */
const shown: { readonly [level in "Debug" | "Warn"]: ReadonlyArray<string> } = {
  Debug: ["All", "Trace", "Debug"],
  Warn: ["All", "Trace", "Debug", "Info", "Warn"],
}

/** Gives a message with its attributes to the loggers that are provided, if the minimum log level lets it through. */
export const logged = (level: keyof typeof shown, message: string, attributes: Attributes): Effect.Effect<void> =>
  Effect.flatMap(Effect.context<never>(), (context) => {
    const loggers = Context.getOption(context, ProvidedLoggers)
    if (Option.isNone(loggers) || !shown[level].includes(Context.get(context, MinimumLogLevel))) return Effect.void
    const annotations = { ...Context.get(context, CurrentLogAnnotations), ...attributes }
    const write = Effect.withFiber((fiber) => {
      const date = new Date(Number(nanoseconds(context) / 1_000_000n))
      for (const { log } of loggers.value) log({ message, logLevel: level, cause: Cause.empty, fiber, date })
      return Effect.void
    })
    return Effect.provideService(write, CurrentLogAnnotations, annotations)
  })
