// A column's own window and GPU layers, and what is known of the loaded model.
import { useState } from 'react';
import { formatBytes, formatCount } from '#src/text/format-number.ts';
import { Button } from '#renderer/ui/button.tsx';
import { Dialog } from '#renderer/ui/dialog.tsx';
import { Field } from '#renderer/ui/field.tsx';
import { NumberInput } from '#renderer/ui/number-input.tsx';
import { Select } from '#renderer/ui/select.tsx';
import type { LoadedColumn } from '#src/contract/column.ts';
import { candidateName } from '../logic/column-name.ts';
import type { Column } from '../logic/conversation-changes.ts';
import { runtimeOf } from '../state/chat-store.ts';
import { setOptions } from '../state/column-actions.ts';
import css from './model-dialog.module.css';

type LayerChoice = 'settings' | 'auto' | 'own';

export function ColumnOptionsDialog({ column, close }: { column: Column; close: () => void }) {
  const [contextSize, setContextSize] = useState(column.contextSize);
  const [layers, setLayers] = useState(column.gpuLayers);
  const choice: LayerChoice =
    layers === undefined ? 'settings' : layers === 'auto' ? 'auto' : 'own';
  const { loaded } = runtimeOf(column.id);
  return (
    <Dialog
      open
      onClose={close}
      title={column.model === null ? 'Column' : candidateName(column.model)}
      width={520}
      actions={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button
            variant="primary"
            onClick={() => {
              if (contextSize !== column.contextSize || layers !== column.gpuLayers) {
                setOptions(column.id, { contextSize, gpuLayers: layers });
              }
              close();
            }}
          >
            Use from the next prompt
          </Button>
        </>
      }
    >
      <div className={css.fields}>
        <Field label="Context window" hint="Empty: as set for all columns.">
          <NumberInput
            value={contextSize}
            placeholder="As all columns"
            minimum={16}
            maximum={10_000_000}
            step={256}
            whole
            onChange={setContextSize}
            onClear={() => setContextSize(undefined)}
          />
        </Field>
        <Field label="GPU layers" hint="How much of the model the GPU holds.">
          <Select<LayerChoice>
            value={choice}
            options={[
              { value: 'settings', label: 'As in the settings' },
              { value: 'auto', label: 'Automatic', description: 'As many as fit.' },
              { value: 'own', label: 'This many…' },
            ]}
            onChange={(next) =>
              setLayers(
                next === 'settings'
                  ? undefined
                  : next === 'auto'
                    ? 'auto'
                    : (loaded?.gpuLayers ?? 0),
              )
            }
          />
          {typeof layers === 'number' && (
            <NumberInput
              label="Number of GPU layers"
              value={layers}
              minimum={0}
              maximum={10_000}
              onChange={setLayers}
            />
          )}
        </Field>
      </div>
      {loaded === undefined ? (
        <p className={css.muted}>The model is not loaded; the next prompt loads it.</p>
      ) : (
        <LoadedFacts loaded={loaded} />
      )}
    </Dialog>
  );
}

function LoadedFacts({ loaded }: { loaded: LoadedColumn }) {
  const facts: readonly (readonly [string, string])[] = [
    ['Model', loaded.model],
    [
      'Window',
      `${formatCount(loaded.contextSize)} of ${formatCount(loaded.trainedContextSize)} trained`,
    ],
    [
      'Layers on GPU',
      loaded.gpu === false
        ? `none of ${loaded.totalLayers}; the processor, ${loaded.threads} ${loaded.threads === 1 ? 'thread' : 'threads'}`
        : `${loaded.gpuLayers} of ${loaded.totalLayers} (${loaded.gpu})`,
    ],
    [
      'Memory',
      `${formatBytes(loaded.ramBytes)} RAM${loaded.vramBytes > 0 ? `, ${formatBytes(loaded.vramBytes)} VRAM` : ''}`,
    ],
    ['Template', loaded.template],
    ['Adapters', loaded.adapters.length === 0 ? 'none' : loaded.adapters.join(', ')],
    ...loaded.notices.map((notice) => ['Note', notice] as const),
  ];
  return (
    <dl className={css.facts}>
      {facts.map(([name, value], index) => (
        <Fact key={index} name={name} value={value} />
      ))}
    </dl>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}
