// What the studio needs from the program around it, and what it gives back: Electron's main process has dialogs and a file
// manager, `gguf-studio serve` has neither.
import type { StudioContract } from '#src/contract/studio.contract.ts';
import type { PickPurpose } from '#src/contract/studio/files.ts';
import type { MenuCommand } from '#src/contract/studio/state.ts';
import type { MethodName } from '#src/contract/contract.ts';
import type { Handlers } from '#src/rpc/server.ts';
import type { FamilyHost, OpenFamilyOptions } from '#src/serving/family.ts';

export interface StudioPlatform {
  readonly mode: 'desktop' | 'browser';
  /** The system's own dialog: absolute paths, none when it was closed. */
  readonly pick?: (purpose: PickPurpose, title: string) => Promise<readonly string[]>;
  readonly showInFolder?: (path: string) => void;
  /** Writes a text, or the bytes of a picture, where the user chooses: the path, undefined when the dialog was closed. */
  readonly saveText?: (
    suggestedName: string,
    content: string | Uint8Array,
  ) => Promise<string | undefined>;
  /** Answers OpenAI's API for a family; without it only the window asks what is served. */
  readonly serveFamily?: FamilyHost['serve'];
  /** How families are served, above the settings: what the command line was told. */
  readonly servingOptions?: Partial<
    Pick<OpenFamilyOptions, 'memoryBudgetBytes' | 'preload' | 'traceFile' | 'streams' | 'onEvent'>
  >;
}

export interface Studio {
  readonly handlers: Handlers<StudioContract>;
  /** Lets files that the user dropped be named; their ids in the same order. */
  acceptPaths(paths: readonly string[]): Promise<readonly string[]>;
  /** Lets the windows open a recipe that the system handed over. Throws when there is no such file. */
  openRecipe(path: string): Promise<void>;
  /** Tells every window of a command of the native menu. */
  sendMenuCommand(command: MenuCommand): void;
  /** Ends the hosts, watchers and locks. Running builds keep what they have and can be resumed. */
  dispose(): Promise<void>;
}

/** The handlers of some methods: what one file of src/studio answers. */
export type StudioHandlers<M extends MethodName<StudioContract>> = Pick<
  Handlers<StudioContract>,
  M
>;
