// Package inspection has the rules of inspections: the random draw of what is looked at, the
// forms, the life cycles of inspections, rectification notices (限期整改通知书) and hidden
// dangers (隐患), their numbers and deadlines. It knows neither SQL nor HTTP; dashboard/store
// keeps what it makes, and nothing of it is ever deleted.
package inspection
