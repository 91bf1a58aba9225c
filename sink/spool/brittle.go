package spool

// brittle is a folder whose operations may be refused before they are made; see Config.Fail.
type brittle struct {
	folder
	fail func(what string) error
}

func (b brittle) create(name string) (file, error) {
	if err := b.fail("create"); err != nil {
		return nil, err
	}
	f, err := b.folder.create(name)
	return brittleFile{f, b.fail}, err
}

func (b brittle) open(name string) (file, error) {
	f, err := b.folder.open(name)
	return brittleFile{f, b.fail}, err
}

func (b brittle) replace(name string, content []byte) error {
	if err := b.fail("replace"); err != nil {
		return err
	}
	return b.folder.replace(name, content)
}

func (b brittle) remove(name string) error {
	if err := b.fail("remove"); err != nil {
		return err
	}
	return b.folder.remove(name)
}

func (b brittle) sync() error {
	if err := b.fail("sync"); err != nil {
		return err
	}
	return b.folder.sync()
}

type brittleFile struct {
	file
	fail func(what string) error
}

func (f brittleFile) Write(p []byte) (int, error) {
	if err := f.fail("write"); err != nil {
		return 0, err
	}
	return f.file.Write(p)
}

func (f brittleFile) truncate(size int64) error {
	if err := f.fail("truncate"); err != nil {
		return err
	}
	return f.file.truncate(size)
}

func (f brittleFile) sync() error {
	if err := f.fail("sync"); err != nil {
		return err
	}
	return f.file.sync()
}
