// Rows of the guards' REST.
export interface GuardRow<T> { id: string; site: string; rev: number; at: string; by: string; ended_at: string | null; ended_by: string; entry: T }
export interface Visit { name: string; id_number: string; phone: string; reason: string; host: string; celsius: number; items: string; plate: string; hits: { watch: string; instruction: string }[] | null; fever?: boolean }
export interface Inside {
  at: string; known: boolean; fever_celsius: number; counts: Record<string, number>; visitors: GuardRow<Visit>[]; left: string[];
  others: { key: string; kind: string; since: string; device: string; registration: string }[];
}
export interface DutyEntry { person: string; post: 'arrival' | 'departure' | 'gate'; police: boolean; certificate: string }
export interface Post { post: 'arrival' | 'departure'; from: string; to: string; state: string; gaps: { from: string; to: string }[] }
export interface Duties { posts: Post[]; items: GuardRow<DutyEntry>[] }
export interface CertificateEntry { person: string; number: string; expires: string }
export interface Confirmation { name: string; how: string; by: string; at: string }
export interface Pass { pupil: string; name: string; class: string; reason: string; until: string; guardian: Confirmation | null; teacher: Confirmation | null; denied: string }
export interface CareEntry { pupil: string; name: string; symbol: 'escort' | 'medical' | 'handover' | 'mobility'; instruction: string }
export interface WatchEntry { name: string; id_number: string; plate: string; instruction: string }
export interface Warning { id: string; site: string; device: string; at: string; about: string; plate: boolean; instruction: string }
export interface Found { key: string; kind: 'pupil' | 'staff' | 'visitor' | 'driver'; name: string; class: string }
export interface SitePosts { site: string; posts: Post[]; on_duty: number }
