/**
 * The part of OpenTelemetry's API (`@opentelemetry/api` 1.x) that plugins are handed, written out: a value of that package
 * does for one of these and the other way round, and nobody who uses this package needs that one.
 */

/**
 * Attributes by name: texts, numbers, booleans and lists of one of these; what else is taken depends on the receiver. One
 * that is `undefined` is left out.
 */
export interface TelemetryAttributes {
  /** By name. */
  [name: string]: unknown;
}

/** A moment: milliseconds since 1970 or since the process began, a date, or seconds and nanoseconds. */
export type TelemetryTime = number | Date | [seconds: number, nanoseconds: number];

/** What is active somewhere, such as a span. Changing one gives another. */
export interface TelemetryContext {
  /** What is kept under a key. */
  getValue(key: symbol): unknown;
  /** The same, with something else under a key. */
  setValue(key: symbol, value: unknown): TelemetryContext;
  /** The same, with nothing under a key. */
  deleteValue(key: symbol): TelemetryContext;
}

/** What vendors say of a trace (W3C `tracestate`). Changing one gives another. */
export interface TelemetryTraceState {
  /** What one vendor says. */
  get(key: string): string | undefined;
  /** The same, with what one vendor says. */
  set(key: string, value: string): TelemetryTraceState;
  /** The same, without what one vendor says. */
  unset(key: string): TelemetryTraceState;
  /** As the header has it. */
  serialize(): string;
}

/** Which span it is. */
export interface SpanContext {
  /** 32 hexadecimal digits. */
  traceId: string;
  /** 16 hexadecimal digits. */
  spanId: string;
  /** 1 when it is sampled. */
  traceFlags: number;
  /** What vendors say of the trace. */
  traceState?: TelemetryTraceState;
  /** Whether it came from another process. */
  isRemote?: boolean;
}

/** A span that this one has to do with. */
export interface SpanLink {
  /** Which. */
  context: SpanContext;
  /** What is said of it. */
  attributes?: TelemetryAttributes;
}

/** What is to be said of an error: an error, a text, or parts of one. */
export type SpanException = string | Error | {
  code?: string | number;
  name?: string;
  message?: string;
  stack?: string;
};

/** Work that takes its time, as a part of a trace. */
export interface Span {
  /** Which span it is. */
  spanContext(): SpanContext;
  /** Says something of it. */
  setAttribute(name: string, value: unknown): this;
  /** Says several things of it. */
  setAttributes(attributes: TelemetryAttributes): this;
  /** Tells of something that happens meanwhile. */
  addEvent(name: string, attributesOrTime?: TelemetryAttributes | TelemetryTime, time?: TelemetryTime): this;
  /** Names a span that it has to do with. */
  addLink(link: SpanLink): this;
  /** Names several. */
  addLinks(links: SpanLink[]): this;
  /** How it went: 0 is unset, 1 is ok, 2 is an error. */
  setStatus(status: { code: number; message?: string }): this;
  /** Calls it something else. */
  updateName(name: string): this;
  /** Ends it. */
  end(time?: TelemetryTime): void;
  /** Whether anything of it is kept. */
  isRecording(): boolean;
  /** Tells of an error. */
  recordException(exception: SpanException, time?: TelemetryTime): void;
}

/** How a span begins. */
export interface SpanOptions {
  /** 0 is internal, 1 a server, 2 a client, 3 a producer, 4 a consumer. @default 0 */
  kind?: number;
  /** What is said of it. */
  attributes?: TelemetryAttributes;
  /** Spans that it has to do with. */
  links?: SpanLink[];
  /** When it began. @default now */
  startTime?: TelemetryTime;
  /** Whether it begins a trace of its own. @default false */
  root?: boolean;
}

/** Makes spans. */
export interface Tracer {
  /**
   * Begins a span; whoever does must end it.
   *
   * @param name What it is called.
   * @param options How it begins.
   * @param context Where its parent is. @default what is active
   */
  startSpan(name: string, options?: SpanOptions, context?: TelemetryContext): Span;
  /** Begins a span that is active in a function, also behind its awaits. The function must end it. */
  startActiveSpan<F extends (span: Span) => unknown>(name: string, work: F): ReturnType<F>;
  /** The same, with options. */
  startActiveSpan<F extends (span: Span) => unknown>(name: string, options: SpanOptions, work: F): ReturnType<F>;
  /** The same, with its parent. */
  startActiveSpan<F extends (span: Span) => unknown>(
    name: string,
    options: SpanOptions,
    context: TelemetryContext,
    work: F,
  ): ReturnType<F>;
}

/** What is said of an instrument. */
export interface MetricOptions {
  /** What it measures. */
  description?: string;
  /** In what unit, as UCUM writes it. */
  unit?: string;
  /** Whether values are whole numbers (0) or not (1). @default 1 */
  valueType?: number;
  /** Hints for whoever adds the values up. */
  advice?: {
    /** Borders of a histogram's buckets. */
    explicitBucketBoundaries?: number[];
  };
}

/** Adds up values: of a counter, none may be negative. */
export interface Counter {
  /** Adds a value. */
  add(value: number, attributes?: TelemetryAttributes, context?: TelemetryContext): void;
}

/** Takes values one by one: a histogram or a gauge. */
export interface Recorder {
  /** Takes a value. */
  record(value: number, attributes?: TelemetryAttributes, context?: TelemetryContext): void;
}

/** Takes what a callback observes. */
export interface ObservableResult {
  /** Takes a value. */
  observe(value: number, attributes?: TelemetryAttributes): void;
}

/** Takes what a callback observes of several instruments. */
export interface BatchObservableResult {
  /** Takes a value of one. */
  observe(metric: Observable, value: number, attributes?: TelemetryAttributes): void;
}

/** Observes one instrument. */
export type ObservableCallback = (result: ObservableResult) => void | Promise<void>;
/** Observes several instruments. */
export type BatchObservableCallback = (result: BatchObservableResult) => void | Promise<void>;

/** An instrument that is asked for its value. */
export interface Observable {
  /** Names who knows the value. */
  addCallback(callback: ObservableCallback): void;
  /** Asks it no more. */
  removeCallback(callback: ObservableCallback): void;
}

/** Makes instruments. */
export interface Meter {
  /** Makes an instrument for what only grows. */
  createCounter(name: string, options?: MetricOptions): Counter;
  /** Makes one for what grows and shrinks. */
  createUpDownCounter(name: string, options?: MetricOptions): Counter;
  /** Makes one for values whose distribution matters. */
  createHistogram(name: string, options?: MetricOptions): Recorder;
  /** Makes one for a value of which only the last counts. */
  createGauge(name: string, options?: MetricOptions): Recorder;
  /** As `createCounter`, asked when it is exported. */
  createObservableCounter(name: string, options?: MetricOptions): Observable;
  /** As `createUpDownCounter`, asked when it is exported. */
  createObservableUpDownCounter(name: string, options?: MetricOptions): Observable;
  /** As `createGauge`, asked when it is exported. */
  createObservableGauge(name: string, options?: MetricOptions): Observable;
  /** Asks one callback for several instruments. */
  addBatchObservableCallback(callback: BatchObservableCallback, observables: Observable[]): void;
  /** Asks it no more. */
  removeBatchObservableCallback(callback: BatchObservableCallback, observables: Observable[]): void;
}
