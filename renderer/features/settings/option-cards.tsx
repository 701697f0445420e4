// The settings that are single values: running models, building, appearance.
import type { Settings } from '#src/contract/settings.ts';
import { useStudio } from '#renderer/stores/studio-store.ts';
import { applyTheme } from '#renderer/theme/apply-theme.ts';
import { Field } from '#renderer/ui/field.tsx';
import { NumberInput } from '#renderer/ui/number-input.tsx';
import { Select, type SelectOption } from '#renderer/ui/select.tsx';
import { Switch } from '#renderer/ui/switch.tsx';
import { Segmented } from '#renderer/ui/tabs.tsx';
import { Card } from './card.tsx';
import { useSetting } from './use-setting.ts';
import css from './settings.module.css';

const gigabyte = 1e9;

const backEnds: readonly SelectOption<Settings['gpu']>[] = [
  { value: 'auto', label: 'Automatic', description: 'The best one that this machine has' },
  { value: 'cuda', label: 'CUDA', description: 'NVIDIA' },
  { value: 'vulkan', label: 'Vulkan', description: 'Any maker' },
  { value: 'metal', label: 'Metal', description: 'Apple' },
  { value: 'off', label: 'Off', description: 'The processor alone' },
];

export function RunningCard() {
  const threads = useSetting('threads', true);
  const gpu = useSetting('gpu');
  const gpuLayers = useSetting('gpuLayers', true);
  const budget = useSetting('memoryBudgetBytes', true);
  const memory = useStudio((store) => store.meter?.memoryBytes);
  const most = memory === undefined ? undefined : Math.floor(memory / gigabyte);
  return (
    <Card title="Running models">
      <Field
        inline
        label="Threads"
        hint="Of the processor, per model. Empty: chosen from its cores."
        error={threads.error}
      >
        <div className={css.short}>
          <NumberInput
            value={threads.value}
            onChange={threads.change}
            onClear={() => threads.change(undefined)}
            minimum={1}
            maximum={512}
            placeholder="automatic"
          />
        </div>
      </Field>
      <Field
        inline
        label="GPU back end"
        hint="Models that are loaded keep the one they were loaded with."
        error={gpu.error}
      >
        <Select
          className={css.short}
          value={gpu.value ?? 'auto'}
          options={backEnds}
          onChange={gpu.change}
        />
      </Field>
      <Field
        inline
        label="GPU layers"
        hint="How many layers of a model go to the GPU. Empty: as many as its memory takes."
        error={gpuLayers.error}
      >
        <div className={css.short}>
          <NumberInput
            value={typeof gpuLayers.value === 'number' ? gpuLayers.value : undefined}
            onChange={gpuLayers.change}
            onClear={() => gpuLayers.change('auto')}
            minimum={0}
            maximum={10_000}
            placeholder="automatic"
            disabled={gpu.value === 'off'}
          />
        </div>
      </Field>
      <Field
        inline
        label="Memory budget, GB"
        hint="The most that chat models take together; others are unloaded for a new one. Empty: what is free, less a reserve."
        error={budget.error}
      >
        <div className={css.short}>
          <NumberInput
            value={budget.value === undefined ? undefined : budget.value / gigabyte}
            onChange={(gigabytes) => budget.change(Math.round(gigabytes * gigabyte))}
            onClear={() => budget.change(undefined)}
            minimum={0}
            maximum={most}
            step={0.5}
            placeholder="automatic"
          />
        </div>
      </Field>
    </Card>
  );
}

export function BuildingCard() {
  const validate = useSetting('validateBuilds');
  return (
    <Card title="Building">
      <Field
        inline
        label="Try every output"
        hint="Loads each finished file in llama.cpp and asks it the validation prompts before it gets its name."
        error={validate.error}
      >
        <Switch checked={validate.value ?? true} onChange={validate.change} />
      </Field>
    </Card>
  );
}

export function AppearanceCard() {
  const theme = useSetting('theme');
  return (
    <Card title="Appearance">
      <div className={css.line}>
        <span>Theme</span>
        <Segmented
          label="Theme"
          value={theme.value ?? 'system'}
          options={[
            { value: 'system', label: 'System' },
            { value: 'dark', label: 'Dark' },
            { value: 'light', label: 'Light' },
          ]}
          onChange={(next) => {
            // Painted now; the state that comes back says the same.
            applyTheme(next);
            theme.change(next);
          }}
        />
      </div>
      {theme.error !== undefined && <p role="alert">{theme.error}</p>}
    </Card>
  );
}
