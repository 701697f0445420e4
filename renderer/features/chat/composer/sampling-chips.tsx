// The sampling that all columns share, as chips under the prompt; each opens the panel where it is changed.
import type { ReactNode } from 'react';
import { defaultSampling } from '#src/contract/sampling.ts';
import { contextLabel } from '../logic/context-presets.ts';
import { changedNames } from '../logic/sampler-fields.ts';
import { useChat } from '../state/chat-store.ts';
import css from './composer.module.css';

/** Fields with a chip of their own. */
const shown = ['temp', 'top_k'];

export function SamplingChips() {
  const sampling = useChat(({ conversation }) => conversation.sampling);
  const contextSize = useChat(({ conversation }) => conversation.contextSize);
  const systemPrompt = useChat(({ conversation }) => conversation.systemPrompt);
  const more = changedNames(sampling).filter((name) => !shown.includes(name));
  return (
    <div className={css.chips}>
      <PanelChip opens="temp" changed={sampling.temperature !== undefined}>
        temp {sampling.temperature ?? defaultSampling.temperature}
      </PanelChip>
      <PanelChip opens="seed" changed={false}>
        seed {sampling.seed ?? 'random'}
      </PanelChip>
      <PanelChip opens="top_k" changed={sampling.topK !== undefined}>
        top-k {sampling.topK ?? defaultSampling.topK}
      </PanelChip>
      {more.length > 0 && (
        <PanelChip opens={more[0] ?? ''} changed title={more.join(', ')}>
          {more.length === 1 ? more[0] : `${more.length} more changed`}
        </PanelChip>
      )}
      <PanelChip opens="context" changed={contextSize !== undefined}>
        ctx {contextLabel(contextSize)}
      </PanelChip>
      <PanelChip opens="system" changed={systemPrompt !== ''} title={systemPrompt.slice(0, 300)}>
        system prompt
      </PanelChip>
    </div>
  );
}

interface PanelChipProps {
  /** Row of the panel that gets the focus. */
  opens: string;
  changed: boolean;
  title?: string;
  children: ReactNode;
}

function PanelChip({ opens, changed, title, children }: PanelChipProps) {
  return (
    <button
      type="button"
      className={css.chip}
      data-changed={changed || undefined}
      title={title === undefined || title === '' ? undefined : title}
      onClick={() => {
        useChat.setState({ samplerOpen: true });
        requestAnimationFrame(() =>
          requestAnimationFrame(() => {
            const row = document.querySelector<HTMLElement>(`[data-sampler="${opens}"]`);
            row?.scrollIntoView({ block: 'nearest' });
            row?.querySelector<HTMLElement>('input, textarea, button')?.focus();
          }),
        );
      }}
    >
      {children}
      {changed && <span className="visually-hidden"> (changed)</span>}
    </button>
  );
}
