/** What a command of the model sees of the server while it runs. */
import type { Keyspace, Stored, ValueOf } from './keyspace.ts';
import type { ModelReply } from './reply.ts';
import type { ModelType, ModelValue } from './values.ts';

/** One run of one command. */
export interface Call {
  readonly keyspace: Keyspace;
  /** The selected database. Setting it selects another one for the client. */
  db: number;
  /** Unix milliseconds: the same for all commands of one unit. */
  readonly now: number;
  /** In [0, 1). */
  random(): number;
  /** The words of the command as it was given, with its name. */
  readonly given: readonly string[];
  /** Whether it comes in the stream of a master. */
  readonly isObeyed: boolean;

  /** The key as it stands; undefined when it is missing or has expired. Only a master removes what has expired. */
  find(key: string, db?: number): Stored | undefined;
  /** Its value, which must be of this type. @throws Refusal WRONGTYPE */
  read<T extends ModelType>(key: string, type: T): ValueOf<T> | undefined;
  /** Its value, made by `make` when it is missing. @throws Refusal WRONGTYPE */
  open<T extends ModelType>(key: string, type: T, make: () => ValueOf<T>): ValueOf<T>;
  /** Puts a value in place of whatever the key holds. @param expireAt - kept when undefined and the key is there */
  put(key: string, value: ModelValue, expireAt?: number): void;
  /** Removes a key; whether it was there. */
  remove(key: string, db?: number): boolean;
  /** Removes a key without a look at its expiry; whether it was there, even if it had expired. */
  drop(key: string): boolean;
  /** Removes the key when its value has become empty. */
  tidy(key: string): void;
  /** Whether a key that is given this expiry is deleted at once. */
  hasPassed(expireAt: bigint): boolean;

  /** The command has changed something: it is propagated as it was given, unless `propagate` says how. */
  changed(): void;
  /** The command tells those who watch its key that it changed, though it did not. */
  touched(): void;
  /** Propagates these commands in place of the one that was given; none: nothing. Calls add up. */
  propagate(...commands: readonly (readonly string[])[]): void;
  /** Propagates a command in another database than the selected one. */
  propagateIn(db: number, command: readonly string[]): void;
}

/** A command of the model. */
export interface ModelCommand {
  /** Upper case; of a command with subcommands, both words with a space between. */
  readonly name: string;
  /** Number of words with the name: exact, or (negative) at least. */
  readonly arity: number;
  readonly write: boolean;
  /** @param args - the words behind the name. @throws Refusal */
  run(call: Call, args: readonly string[]): ModelReply;
}
