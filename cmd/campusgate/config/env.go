package config

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
)

// EnvPrefix begins every environment variable of campusgate.
const EnvPrefix = "CAMPUSGATE_"

// applyEnv overrides scalar settings by variables such as
// CAMPUSGATE_GATEWAY_JOURNAL_MAX_BYTES and lists of words by comma-separated ones. It
// returns which key was set by which variable. A variable that fits no key is a fault, so
// that a typing error does not pass unnoticed; others lists the variables that mean
// something elsewhere.
func applyEnv(out any, environ []string, others []string) (map[string]string, error) {
	settable := map[string]setting{}
	collect("", reflect.ValueOf(out).Elem(), settable)
	byName := make(map[string]setting, len(settable))
	for path, s := range settable {
		byName[EnvPrefix+strings.ToUpper(strings.ReplaceAll(path, ".", "_"))] = s
	}
	source := map[string]string{}
	var faults []error
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, EnvPrefix) || contains(others, name) {
			continue
		}
		s, ok := byName[name]
		if !ok {
			faults = append(faults, fmt.Errorf("environment: %s: no such setting%s", name, suggestion(name, byName)))
			continue
		}
		if err := s.set(value); err != nil {
			faults = append(faults, fmt.Errorf("environment: %s: %w", name, err))
			continue
		}
		source[s.path] = "environment " + name
	}
	return source, errors.Join(faults...)
}

// contains treats a trailing '*' in others as any ending.
func contains(others []string, name string) bool {
	for _, o := range others {
		if stem, open := strings.CutSuffix(o, "*"); o == name || open && strings.HasPrefix(name, stem) {
			return true
		}
	}
	return false
}

type setting struct {
	path  string
	value reflect.Value
}

func (s setting) set(text string) error {
	if s.value.Kind() == reflect.String {
		s.value.SetString(text)
		return nil
	}
	if s.value.Kind() == reflect.Slice {
		words := strings.Split(text, ",")
		list := reflect.MakeSlice(s.value.Type(), len(words), len(words))
		for i, w := range words {
			list.Index(i).SetString(strings.TrimSpace(w))
		}
		s.value.Set(list)
		return nil
	}
	fresh := reflect.New(s.value.Type())
	if err := yaml.Unmarshal([]byte(text), fresh.Interface()); err != nil {
		return fmt.Errorf("%q does not fit a setting of type %s", text, s.value.Type())
	}
	s.value.Set(fresh.Elem())
	return nil
}

// collect lists every scalar, and every list of words, below a struct.
func collect(path string, v reflect.Value, out map[string]setting) {
	t := v.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if !f.IsExported() || name == "-" || name == "" && !strings.Contains(options, "inline") {
			continue
		}
		key := join(path, name)
		if strings.Contains(options, "inline") {
			key = path
		}
		field := v.Field(i)
		switch field.Kind() {
		case reflect.Struct:
			collect(key, field, out)
		case reflect.Slice:
			if f.Type.Elem().Kind() == reflect.String {
				out[key] = setting{key, field}
			}
		case reflect.Map, reflect.Pointer, reflect.Interface:
		default:
			out[key] = setting{key, field}
		}
	}
}
