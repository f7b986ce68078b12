{{- define "journeyhook.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "journeyhook.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "journeyhook.labels" -}}
{{ include "journeyhook.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "journeyhook.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}{{ default (include "journeyhook.name" .) .Values.serviceAccount.name }}{{ else }}{{ default "default" .Values.serviceAccount.name }}{{ end }}
{{- end }}

{{- define "journeyhook.consoleSelector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}-console
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "journeyhook.consoleLabels" -}}
{{ include "journeyhook.consoleSelector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* Settings that name other variables: Kubernetes puts those in only here. */}}
{{- define "journeyhook.references" -}}
{{- range $key, $value := .Values.settings }}
{{- if contains "$(" (toString $value) }}
- name: JOURNEYHOOK_{{ $key }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}
{{- end }}
