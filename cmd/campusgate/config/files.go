package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"strconv"
	"strings"

	"github.com/campusgate/campusgate/gateway/event"
)

// onceOnly are files that only the very first start reads: they may be gone, and should be.
func onceOnly(key string) bool { return strings.HasSuffix(key, ".admin_password_file") }

// unreadable finds every file of secrets, certificates or keys that part names and that
// this process cannot read. What is in them is not looked at.
func (c *Config) unreadable(part Part) error {
	var faults []error
	look := func(key, path string) {
		if path == "" || onceOnly(key) {
			return
		}
		if err := readable(path); err != nil {
			faults = append(faults, &event.Fault{Key: key, Value: strconv.Quote(path), Want: fmt.Sprintf("a file that can be read (%v)", err)})
		}
	}
	if part&PartGateway != 0 {
		eachFile("gateway", reflect.ValueOf(c.Gateway), look)
		eachFile("listeners", reflect.ValueOf(c.Listeners), look)
	}
	if part&PartDashboard != 0 {
		eachFile("dashboard", reflect.ValueOf(c.Dashboard), look)
		eachFile("bus", reflect.ValueOf(c.Bus), look)
		eachFile("history", reflect.ValueOf(c.History), look)
	}
	return errors.Join(faults...)
}

// readable reads one byte, since a folder opens as well as a file does.
func readable(path string) error {
	f, err := os.Open(path)
	if err == nil {
		_, err = f.Read(make([]byte, 1))
		f.Close()
	}
	if errors.Is(err, io.EOF) {
		err = errors.New("it is empty")
	}
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err // the path stands before it already
	}
	return err
}

// eachFile calls look for every setting below v whose key ends in _file.
func eachFile(path string, v reflect.Value, look func(key, path string)) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			eachFile(path, v.Elem(), look)
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachFile(path+"["+strconv.Itoa(i)+"]", v.Index(i), look)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			eachFile(join(path, fmt.Sprint(k)), v.MapIndex(k), look)
		}
	case reflect.Struct:
		eachFileOf(path, v, look)
	default: // a scalar whose key was looked at above it
	}
}

func eachFileOf(path string, v reflect.Value, look func(key, path string)) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		inline := strings.Contains(options, "inline")
		switch {
		case !f.IsExported() || name == "-" || name == "" && !inline:
		case inline:
			eachFile(path, v.Field(i), look)
		case f.Type.Kind() == reflect.String && strings.HasSuffix(name, "_file"):
			look(join(path, name), v.Field(i).String())
		default:
			eachFile(join(path, name), v.Field(i), look)
		}
	}
}
