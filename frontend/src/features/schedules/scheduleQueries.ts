import { queryOptions } from "@tanstack/react-query";
import { api, take, takeAll, type Wire } from "../../api/client";
import { keys } from "../../api/keys";

export type Schedule = Wire<"ScheduleOut">;
export type Preset = Wire<"PresetOut">;
type Wish = Wire<"ScheduleIn">;

export const schedulesQuery = (memberId: string) =>
  queryOptions({
    queryKey: [...keys.member(memberId), "schedules"],
    queryFn: () =>
      takeAll((cursor) =>
        take(
          api.GET("/api/members/{memberId}/schedules", {
            params: { path: { memberId }, query: { limit: 100, ...(cursor ? { cursor } : {}) } },
          }),
        ),
      ),
    refetchInterval: 30_000,
  });

export const cronQuery = (memberId: string) =>
  queryOptions({
    queryKey: [...keys.member(memberId), "cron-overview"],
    queryFn: () => take(api.GET("/api/members/{memberId}/cron-overview", { params: { path: { memberId } } })),
    refetchInterval: 30_000,
  });

export const presetsQuery = (memberId: string) =>
  queryOptions({
    queryKey: [...keys.member(memberId), "schedule-presets"],
    queryFn: () => take(api.GET("/api/schedule-presets", { params: { query: { memberId } } })),
  });

export const addPreset = (memberId: string, preset: Preset) =>
  take(
    api.POST("/api/members/{memberId}/schedules", {
      params: { path: { memberId } },
      body: {
        name: preset.title,
        command: preset.command,
        params: preset.params,
        cron: preset.cron,
        jitterSec: preset.jitterSec,
        missedPolicy: preset.missedPolicy as Wish["missedPolicy"],
      } as Wish,
    }),
  );

export const turn = (one: Schedule, enabled: boolean) =>
  take(
    api.PUT("/api/schedules/{scheduleId}", {
      params: { path: { scheduleId: one.id } },
      body: {
        name: one.name,
        command: one.command,
        params: one.params,
        cron: one.cron,
        jitterSec: one.jitterSec,
        missedPolicy: one.missedPolicy,
        pauseInMaintenance: one.pauseInMaintenance,
        enabled,
      },
    }),
  );

const at = (scheduleId: string) => ({ params: { path: { scheduleId } } });
export const runNow = (id: string) => take(api.POST("/api/schedules/{scheduleId}/run", at(id)));
export const remove = (id: string) => take(api.DELETE("/api/schedules/{scheduleId}", at(id)));
