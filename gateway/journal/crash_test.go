package journal_test

const childEnv = "CAMPUSGATE_JOURNAL_TEST_CHILD"

func child(string) int { return 0 }
