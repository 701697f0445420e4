// Everything that decides an answer besides the model: seed, system prompt, window, and the sampler under llama.cpp's names.
// What was changed is marked and can be reset; models are loaded anew only when their window changes.
import { useState } from 'react';
import { Dices, RotateCcw, X } from 'lucide-react';
import { Button, IconButton } from '#renderer/ui/button.tsx';
import { classNames } from '#renderer/ui/class-names.ts';
import { NumberInput } from '#renderer/ui/number-input.tsx';
import { Select } from '#renderer/ui/select.tsx';
import { TextArea } from '#renderer/ui/text-input.tsx';
import { contextPresets } from '../logic/context-presets.ts';
import {
  changedNames,
  samplerFields,
  setSampling,
  type SamplerField,
} from '../logic/sampler-fields.ts';
import { setContextSize } from '../logic/conversation-changes.ts';
import { drawSeed } from '../state/chat-actions.ts';
import { useChat } from '../state/chat-store.ts';
import { change } from '../state/conversation-keeper.ts';
import side from '../side-panel.module.css';
import css from './sampler-panel.module.css';

export function SamplerPanel() {
  const sampling = useChat(({ conversation }) => conversation.sampling);
  const changed = changedNames(sampling);
  return (
    <aside className={classNames(side.panel, css.panel)} aria-label="Sampling">
      <header className={side.head}>
        <h2>Sampling</h2>
        <Button
          variant="quiet"
          disabled={changed.length === 0}
          onClick={() =>
            change((open) => ({
              ...open,
              sampling: open.sampling.seed === undefined ? {} : { seed: open.sampling.seed },
            }))
          }
        >
          Reset all
        </Button>
        <IconButton
          label="Close panel"
          tooltipSide="left"
          onClick={() => useChat.setState({ samplerOpen: false })}
        >
          <X aria-hidden="true" />
        </IconButton>
      </header>
      <div className={css.rows} tabIndex={0} role="group" aria-label="Sampling options">
        <SystemPrompt />
        <ContextWindow />
        <Seed />
        {samplerFields.map((field) => (
          <SamplerRow key={field.key} field={field} value={sampling[field.key]} />
        ))}
      </div>
    </aside>
  );
}

function SamplerRow({ field, value }: { field: SamplerField; value: number | undefined }) {
  const { key, name, what, standard } = field;
  const changed = value !== undefined;
  const set = (next: number | undefined) =>
    change((open) => ({ ...open, sampling: setSampling(open.sampling, key, next) }));
  return (
    <div className={css.row} data-sampler={name} data-changed={changed || undefined}>
      <label className={css.name} htmlFor={`sampler-${key}`}>
        {name}
        {changed && <span className="visually-hidden"> (changed)</span>}
      </label>
      <NumberInput
        id={`sampler-${key}`}
        label={name}
        className={css.number}
        value={value ?? standard}
        placeholder="no limit"
        minimum={field.minimum}
        maximum={field.maximum}
        step={field.step}
        onChange={set}
        onClear={standard === undefined ? () => set(undefined) : undefined}
      />
      <IconButton
        label={`Reset ${name} to ${standard ?? 'no limit'}`}
        tooltipSide="left"
        disabled={!changed}
        className={css.reset}
        onClick={() => set(undefined)}
      >
        <RotateCcw aria-hidden="true" />
      </IconButton>
      <p className={css.what}>
        {what} <span className={css.standard}>Default {standard ?? 'none'}.</span>
      </p>
    </div>
  );
}

function Seed() {
  const seed = useChat(({ conversation }) => conversation.sampling.seed);
  return (
    <div className={css.row} data-sampler="seed">
      <label className={css.name} htmlFor="sampler-seed">
        seed
      </label>
      <NumberInput
        id="sampler-seed"
        label="seed"
        className={css.number}
        value={seed}
        minimum={0}
        maximum={0xffff_ffff}
        onChange={(next) =>
          change((open) => ({ ...open, sampling: { ...open.sampling, seed: next } }))
        }
      />
      <IconButton label="New seed" tooltipSide="left" className={css.reset} onClick={drawSeed}>
        <Dices aria-hidden="true" />
      </IconButton>
      <p className={css.what}>
        Pinned, and the same for all columns: the same prompt gets the same answer again.
      </p>
    </div>
  );
}

function SystemPrompt() {
  const systemPrompt = useChat(({ conversation }) => conversation.systemPrompt);
  return (
    <div className={css.wide} data-sampler="system">
      <label className={css.name} htmlFor="sampler-system">
        system prompt
      </label>
      <TextArea
        id="sampler-system"
        value={systemPrompt}
        placeholder="None"
        maxLength={100_000}
        rows={3}
        onChange={(text) => change((open) => ({ ...open, systemPrompt: text }))}
      />
      <p className={css.what}>
        Said to every model before the conversation, from the next prompt on.
      </p>
    </div>
  );
}

const own = 'own';
const custom = 'custom';

function ContextWindow() {
  const contextSize = useChat(({ conversation }) => conversation.contextSize);
  const preset = contextPresets.find(({ tokens }) => tokens === contextSize);
  const [typing, setTyping] = useState(contextSize !== undefined && preset === undefined);
  const set = (tokens: number | undefined) => change((open) => setContextSize(open, tokens));
  return (
    <div className={css.wide} data-sampler="context">
      <span className={css.name}>context window</span>
      <Select
        label="Context window"
        value={typing ? custom : contextSize === undefined ? own : String(contextSize)}
        options={[
          { value: own, label: "The model's own", description: 'As it was built, or trained.' },
          ...contextPresets.map(({ name, tokens }) => ({
            value: String(tokens),
            label: `${tokens} · ${name}`,
          })),
          { value: custom, label: 'Another size…' },
        ]}
        onChange={(value) => {
          setTyping(value === custom);
          if (value === custom) return;
          set(value === own ? undefined : Number(value));
        }}
      />
      {typing && (
        <NumberInput
          label="Tokens of the context window"
          value={contextSize}
          minimum={16}
          maximum={10_000_000}
          step={256}
          whole
          placeholder="Tokens"
          onChange={set}
          onClear={() => set(undefined)}
        />
      )}
      <p className={css.what}>
        Tokens of every column, never more than a model was trained for; a column can have its own.
        Models are loaded again with the next prompt.
      </p>
    </div>
  );
}
