"""The tree of failures: every sentence the registrar may read when something is refused.

An expected failure is an AppError and says what happened, where, and what to do now.
Anything else that is raised is our defect.

    AppError
     ├─ VaultError      opening, keys, lock, place of the register
     ├─ RegisterError   what the register or a rule refuses
     ├─ ExchangeError   files from outside that cannot be taken in
     ├─ FormError       a paper that cannot be filled or drawn
     └─ ArchiveError    a disc image that cannot be built or is not sound
"""


class AppError(Exception):
    """An expected failure; `message` is a Chinese sentence with named places to fill."""

    message = "操作未完成。"

    def __init__(self, **details: object) -> None:
        self.details = details
        super().__init__(self.message.format(**details))


class FileNotWritable(AppError):
    message = "写不了文件 {file}（{reason}）。请检查磁盘空间和权限，或关闭正打开它的程序。"


class FileInUse(FileNotWritable):
    """The file is open elsewhere; another name would do."""

    message = "文件“{file}”正被其他程序打开。请在 WPS 或 Excel 里关闭它，或者换一个名字保存。"


# --- commands -----------------------------------------------------------------------------


class CommandError(AppError):
    """A command was given something that it cannot use."""


class BadDay(CommandError):
    message = "“{text}”不是日期。请写成 2026-09-01。"


class DemoFolderInUse(CommandError):
    message = "{folder} 里已有别的文件。示范请用一个空目录。"


class BadRows(CommandError):
    message = "“{text}”不是行号。请写成 3,5-9。"


class CodeMissing(CommandError):
    message = "没有恢复码：请在终端里照恢复单输入，或用 --code-file 给出存有恢复码的文本文件。"


class CodeFileUnreadable(CommandError):
    message = "读不了恢复码文件 {file}（{reason}）。"


class NotAPair(CommandError):
    message = "“{text}”应写成 名称=值。"


class NobodyNamed(CommandError):
    message = "没有要登记的学生：请写号码，或用 --class 写班级（已登记过的不再登记）。"


class UnknownSignatory(CommandError):
    message = "--signed 不认识“{word}”。请写 student（学生）、guardian（监护人），用逗号隔开。"


class PassphraseMissing(CommandError):
    message = "没有口令：请在终端里输入，或设置环境变量 {variable}。"


class PassphraseMistyped(CommandError):
    message = "两次输入的口令不一样，什么也没有改动。请重新运行这个命令。"


# --- vault --------------------------------------------------------------------------------


class VaultError(AppError):
    """The register cannot be opened, locked or written."""


class PlaceRefused(VaultError):
    """The folder lies on a removable or network drive."""

    message = "{reason}学籍库必须放在本机固定磁盘上，请另选文件夹。"


class VaultMissing(VaultError):
    """There is no register in the folder."""

    message = "文件夹“{path}”里没有学籍库。请核对位置，或在此新建学籍库。"


class VaultUnfinished(VaultError):
    """Making or restoring the register was interrupted; it does not count yet."""

    message = (
        "“{path}”的新建或恢复上次中途停止，里面的内容不算数。"
        "请在同一文件夹重新新建，或重新从备份恢复。"
    )


class FolderNotEmpty(VaultError):
    """A register is made in an empty folder only."""

    message = "文件夹“{path}”不是空的，不能在里面新建或恢复学籍库。请选一个空文件夹或新文件夹。"


class FolderUnwritable(VaultError):
    """The operating system refuses to write into the folder."""

    message = "不能写入文件夹“{path}”（{reason}）。请检查文件夹权限和磁盘是否为只读。"


class VaultInUse(VaultError):
    """A second copy of the program asks for the same register."""

    message = "学籍库“{path}”正在使用中：{holder}。请先在那里退出，再打开。"


class KeysMissing(VaultError):
    """The slot file and its previous generation are gone."""

    message = (
        "“{path}”里的密钥文件 keys.json 不见了，口令无从核对；学籍数据仍在。"
        "请从最近的备份中取回 keys.json，或用纸质恢复单打开。"
    )


class KeysDamaged(VaultError):
    """No generation of the slot file is whole."""

    message = (
        "“{path}”里的密钥文件 keys.json 已损坏，上一份也不可用；学籍数据仍在。"
        "请从最近的备份中取回 keys.json，或用纸质恢复单打开。"
    )


class KeysNewer(VaultError):
    """The slot file was written by a later version of the program."""

    message = "密钥文件“{path}”由更新版本的程序写成，本版本不能读取。请升级程序后再打开。"


class OperatorUnknown(VaultError):
    """Nobody of that name holds a key."""

    message = "没有名为“{name}”的操作员。请核对姓名，或请系统管理员先添加。"


class OperatorDisabled(VaultError):
    """The operator's account is switched off."""

    message = "操作员“{name}”已停用，不能打开学籍库。请联系现任学籍管理员。"


class OperatorExists(VaultError):
    """One person, one account."""

    message = "已经有名为“{name}”的操作员。每人一个账号，不得重名或共用。"


class OperatorUnnamed(VaultError):
    """An account belongs to a person with a name."""

    message = "操作员没有姓名。请写真实姓名，操作记录里要用。"


class PasswordShared(VaultError):
    """Whoever opens with a shared password would be taken for the other person."""

    message = "这个口令已有别的操作员在用。每人一个口令，请另设一个。"


class PasswordUnchanged(VaultError):
    """A temporary password is known to whoever gave it."""

    message = "新口令与临时口令相同。请换一个只有自己知道的口令。"


class LastKey(VaultError):
    """The last person who can open the register may not be removed."""

    message = "“{name}”是最后一位能打开学籍库的操作员，不能取消。请先添加接任者。"


class LastSystemOperator(VaultError):
    """Somebody must be left who can add operators, back up and change the key."""

    message = "“{name}”是最后一位有“系统”角色的操作员，不能取消。请先添加有“系统”角色的接任者。"


class HandOverNames(VaultError):
    """第十一条: three people, so that a third one can say what happened."""

    message = (
        "请写明接手人和监交人的姓名，与移交人{predecessor}三人各不相同。监交人通常是分管校长。"
    )


class CheckItemUnknown(VaultError):
    message = "“{item}”不是检查的项目。可用：{known}。"


class HandOverUnderWay(VaultError):
    message = "{predecessor}向{successor}的交接还没有做完。请接着做，或先放弃那一次。"


class HandOverNotBegun(VaultError):
    message = "没有正在进行的交接。请先开始交接，写明接手人和监交人。"


class HandOverNotReady(VaultError):
    message = "还不能做“{step}”：请先做“{first}”。"


class WrongPassword(VaultError):
    """The password opens no slot; the register itself was not touched."""

    message = "口令不正确，还可以再试 {left} 次。"


class WaitAfterFailures(VaultError):
    """Too many wrong passwords in a row."""

    message = (
        "口令已连续输错 {count} 次，请等待 {minutes} 分钟后再试。"
        "这段时间谁也不能用口令打开；急用时可用纸质恢复单打开（xueji recover）。"
    )


class WeakPassword(VaultError):
    """The new password does not meet the policy."""

    message = "这个口令不能使用：{fault}。请改用不少于 12 个字符的口令（四五个不相干的词最好记）。"


class NotYourPassword(VaultError):
    """Keys and passwords are changed only by whoever knows the present one."""

    message = "输入的不是{name}现用的口令，什么也没有更改。请重新输入。"


class MemoryTooSmall(VaultError):
    """Not even the smallest permitted Argon2id cost fits into memory."""

    message = "可用内存不足 {mebibytes} MB，不能安全地处理口令。请关闭其他程序后再试。"


class RecoveryCodeWrong(VaultError):
    """A line of the recovery sheet was mistyped."""

    message = "恢复码第 {lines} 行有误，请对照恢复单重新输入这一行（共 4 行，每行 16 个字符）。"


class RecoveryCodeForeign(VaultError):
    """The sheet is whole but belongs to another key."""

    message = (
        "恢复码本身无误，但不是这个学籍库现用的。请核对恢复单上的单位和日期，找最近一次的恢复单。"
    )


class RegisterMissing(VaultError):
    """The keys are there, the database file is not."""

    message = "文件“{path}”不见了。请不要新建，先从最近一次核验过的备份恢复。"


class RegisterEmpty(VaultError):
    """A file of no bytes would open as an empty register; it must not."""

    message = "文件“{path}”是空的（0 字节），不是学籍库。请从最近一次核验过的备份恢复。"


class RegisterForeign(VaultError):
    """The file is some other program's database."""

    message = "文件“{path}”不是本程序的数据库。请把它移开，并从最近一次核验过的备份恢复。"


class RegisterDamaged(VaultError):
    """The key is authentic, yet the file does not open with it."""

    message = (
        "口令正确，但文件“{path}”已损坏或不属于这个学籍库。"
        "请不要继续使用，保留原文件，从最近一次核验过的备份恢复。"
    )


class RegisterNewer(VaultError):
    """The register was written by a later version of the program."""

    message = "学籍库“{path}”由更新版本的程序写成（结构版本 {revision}）。请升级程序后再打开。"


class DiskFull(VaultError):
    """A write was undone for want of space."""

    message = "磁盘空间已满，刚才的修改没有保存，原有数据完好。请清理磁盘后重做。"


class DiskFailed(VaultError):
    """A write was undone because the disk reported an error."""

    message = (
        "磁盘读写出错（{reason}），刚才的修改没有保存。请立即备份到另一块磁盘，并检查本机磁盘。"
    )


class BlobMissing(VaultError):
    """A photograph or scan that a record names is not in media.db."""

    message = "照片或扫描件 {sha256} 不在影像库中。请从最近一次核验过的备份恢复 media.db。"


class SheetInsideVault(VaultError):
    message = "恢复单 {sheet} 不能放在学籍库 {folder} 里面：库丢了，恢复单也就丢了。请另选地方。"


class SheetExists(VaultError):
    """The sheet of the present key is not written over before the new key is in force."""

    message = "恢复单 {sheet} 已经存在，什么也没有做。请用 --sheet 另选文件名，或先移走旧文件。"


class CopyUnsound(VaultError):
    """A copy was opened and is not what was copied."""

    message = (
        "写成的副本与原件核对不符（{finding}），已删除，原件未动。请检查磁盘，换一块磁盘再做。"
    )


class NoRoomForCopy(VaultError):
    message = "“{folder}”所在磁盘剩余 {free}，约需 {need}。请腾出空间，或换一块磁盘。"


class RotationUnfinished(VaultError):
    """The files could not be exchanged; opening the vault goes on where it stopped."""

    message = (
        "更换密钥的最后一步没有做完（{reason}），数据完好。"
        "请收好新恢复单，重新打开学籍库，程序会自动做完。"
    )


class AnchorUnreadable(VaultError):
    message = "“{text}”不是链头。请照锚定单或打印件输入，例如 15328-9f3a07c1d2b4e586。"


class VaultMovedAside(VaultError):
    """A restore over the vault was stopped between its two renames."""

    message = (
        "“{path}”在恢复途中停下：原来的学籍库是“{aside}”，恢复好的是“{ready}”，两者都完好。"
        "请再运行一次同样的恢复，或把其中一个文件夹改回“{name}”。"
    )


class VaultPutBackStopped(VaultError):
    """The way back from a restore was stopped between its two renames, or the vault is gone."""

    message = (
        "“{path}”里没有学籍库，但旁边有移开的一份“{aside}”，它是完好的：换回途中停下了，"
        "或者学籍库被挪走了。要用它，请再换回一次，或把它改名为“{name}”。"
    )


class NothingAside(VaultError):
    message = "“{aside}”不是学籍库移开的原件，不能换回。请写恢复时说出的那个文件夹。"


class NoBackupTarget(VaultError):
    message = (
        "还没有设定备份位置。请写明备份到哪里：xueji backup E:\\备份；"
        "或设定一次：xueji settings 备份位置=E:\\备份。"
    )


class BackupNotWritten(VaultError):
    message = (
        "备份写不进“{folder}”（{reason}）。没有留下不完整的备份，学籍库不受影响。"
        "请检查这块磁盘的空间和权限，或换一块磁盘再备份。"
    )


class BackupInsideVault(VaultError):
    message = "备份不能放在学籍库“{folder}”里面：库丢了，备份也就丢了。请选另一块磁盘。"


class NoBackup(VaultError):
    """The folder has no manifest, or one that is not whole."""

    message = (
        "“{folder}”不是本程序做成的备份，或其清单 manifest.json 已损坏。"
        "请选名为“学籍备份-…”的文件夹。"
    )


class BackupDamaged(VaultError):
    """A backup that differs from its manifest, or whose contents are not sound."""

    message = "备份“{folder}”不完好：{findings}。没有恢复任何内容，请换一份备份。"


class BackupPassword(VaultError):
    """The password is none of those at the time of the backup."""

    message = "这个口令打不开备份“{folder}”。请用备份当时（{made_at}）的口令。"


class RestoreNotWritten(VaultError):
    message = (
        "恢复写不进“{folder}”（{reason}），没有留下不完整的学籍库，备份未动。"
        "请检查磁盘空间和权限后重新恢复。"
    )


# --- register -----------------------------------------------------------------------------


class RegisterError(AppError):
    """The register or a rule refuses a change."""


class UnknownSetting(RegisterError):
    message = "没有“{name}”这项设置。可以设置的有：{known}。"


class SettingNotDays(RegisterError):
    message = "“{name}”应是 1 到 3650 的整数天数，“{value}”不行。"


class PatternRefused(RegisterError):
    message = "{problem}请在学校设置中修改编排后再试。"


class NotYourRole(RegisterError):
    message = "这项操作需要“{role}”角色，{name}没有。请由有该角色的操作员办理。"


class SettingMissing(RegisterError):
    message = "“{label}”不能空着，各种表上都要用。"


class NameMissing(RegisterError):
    message = "{kind}没有名称，请填写。"


class NameTaken(RegisterError):
    message = "已经有{kind}“{name}”，不能重名。请换一个名称。"


class SerialRefused(RegisterError):
    message = "{kind}“{serial}”应是从 1 起的整数。"


class SerialTaken(RegisterError):
    message = "{kind} {serial} 已由“{owner}”使用，同一个序号会编出相同的学号。请换一个。"


class CodeRefused(RegisterError):
    message = "代码“{code}”只能用字母、数字和短横线，请照专业目录填写。"


class StillInUse(RegisterError):
    message = "{kind}“{name}”还有{users}，不能删除。"


class ClassInhabited(RegisterError):
    message = "{name}已有学生或学籍记录，年级和专业不能改。学生换班、换专业请用“学籍异动”逐人办理。"


class NoSuchStudent(RegisterError):
    message = "没有学号、考生号或身份证号是“{identifier}”的学生。请核对号码，或改用姓名查找。"


class NumberOfSeveral(RegisterError):
    """A 考生号 of one student is the 学号 of another."""

    message = (
        "“{identifier}”是 {count} 人的号码：{people}。请改用只属于其中一人的号码，并更正错号。"
    )


class NoSuchClass(RegisterError):
    message = "没有班级“{name}”。现有：{known}。"


class SeveralClasses(RegisterError):
    message = "有几个班叫“{name}”，请写明年级：{candidates}。"


class NoSuchMajor(RegisterError):
    message = "没有专业“{name}”。现有：{known}。"


class NoSuchCohort(RegisterError):
    message = "没有{year}级。现有年级：{known}。请先导入该年级的录取名册。"


class NobodyToPlace(RegisterError):
    message = "{cohort}级没有待分班的学生：要么还没有导入名册，要么都已分班。"


class PlacementDayRefused(RegisterError):
    message = "分班生效日期 {day} 不行：应在 {first}（入学）至 {last} 之间。"


class NobodyToNumber(RegisterError):
    message = "{cohort}级没有待编学号的学生：要么还没有导入名册，要么都已有学号。"


class StudentsWithoutClass(RegisterError):
    message = (
        "有 {count} 人还没有分班（{names} 等），学号编排中用到班序或座号。请先分班，再编学号。"
    )


class NobodyInCohort(RegisterError):
    message = "{cohort}级没有学生，没有内容可以归档。"


class NodeRefused(RegisterError):
    message = "时间节点没有保存：{problem}。"


class EntryAlreadyReversed(RegisterError):
    message = "{day} 的“{kind}”已经冲正过，不能再冲正。"


class UnknownKind(RegisterError):
    message = "没有“{kind}”这种学籍异动。可以办理：{known}。"


class ChangeRefused(RegisterError):
    """Everything that stands in the way of a 学籍异动, at once."""

    message = "{name}不能办理“{kind}”（{day}）：{problems}。"


class CorrectionRefused(RegisterError):
    """Everything that stands in the way of a 更正, at once."""

    message = "{name}的更正没有办理：{problems}。"


class EditRefused(RegisterError):
    """What stands in the way of saving a record; details["faults"] names each field's."""

    message = "{name}没有保存：{problems}"


class PhotoRefused(RegisterError):
    message = "照片“{file}”{problem}。{remedy}"


class ScanRefused(RegisterError):
    message = "扫描件“{file}”{problem}。{remedy}"


class NoSuchEntry(RegisterError):
    message = "{name}的台账里没有编号 {entry} 的记录。请用 xueji ledger 查看编号。"


class ReversalRefused(RegisterError):
    message = "{name} {day} 的“{kind}”（编号 {entry}）不能冲正：{problem}。"


class UnknownRule(RegisterError):
    message = "没有“{name}”这条规则。请用 xueji rules list 查看有哪些。"


class RuleRefused(RegisterError):
    message = "规则“{name}”没有改：{problem}。"


class RuleAlreadyConfirmed(RegisterError):
    message = "规则“{name}”（{value}）学校已经确认过。要改请用 xueji rules change。"


class NoSuchCase(RegisterError):
    message = "没有编号 {case} 的异动个案。请用 xueji case list 查看。"


class CaseRefused(RegisterError):
    """What a case cannot do at the step where it is."""

    message = "{name}的“{kind}”个案（编号 {case}）{problem}。"


class NothingMissing(RegisterError):
    """There is no notice where no paper and no signature is missing."""

    message = (
        "{name}的“{kind}”个案（编号 {case}）没有缺的材料和签字，不用打缺材料通知。请改打申请表。"
    )


class ViewNameRefused(RegisterError):
    message = (
        "视图不能叫“{name}”：名称要有 1 至 {longest} 个字，也不能与已有的视图相同。请换一个名称。"
    )


class PurposeMissing(RegisterError):
    message = "没有写明导出的用途，没有写出文件。请填写用途（如“报学院备案”），每天只问一次。"


class NoSuchApplication(RegisterError):
    message = "没有编号 {application} 的书面申请。请用 xueji application list 查看。"


class ApplicationRefused(RegisterError):
    message = "{name}的“{kind}”申请没有办理：{problems}。"


class NoSuchProblem(RegisterError):
    message = "问题抽屉里没有编号 {number} 的记录。请用 xueji problem list 查看。"


class ProblemRefused(RegisterError):
    message = "没有登记：{problem}。"


class NoSuchVoiding(RegisterError):
    message = "没有编号 {number} 的待确认作废。请用 xueji void list 查看。"


class VoidingRefused(RegisterError):
    message = "{name}的记录不能作废：{problem}。"


class NoSuchConduct(RegisterError):
    message = "没有编号 {number} 的{what}。请用 xueji {command} list 查看。"


class ConductRefused(RegisterError):
    message = "{name}的{what}没有登记：{problems}。"


class NoSuchTerm(RegisterError):
    message = "没有学期“{name}”。现有：{known}。请先用 xueji term open 设立。"


class RegistrationRefused(RegisterError):
    message = "没有登记：{problem}。"


class SealRefused(RegisterError):
    message = "人数审核表没有封存：{problem}。"


class NoSuchSeal(RegisterError):
    message = "没有编号 {number} 的封存。请用 xueji headcount list 查看。"


class CheckRefused(RegisterError):
    message = "核查确认表没有登记：{problem}。"


class ReportPeriodRefused(RegisterError):
    message = "统计期间的起始日 {begin} 晚于截止日 {end}。请核对两个日期。"


class ReportTypeUnknown(RegisterError):
    message = "“{file}”应以 .xlsx 或 .csv 结尾。"


# --- exchange -----------------------------------------------------------------------------


class ExchangeError(AppError):
    """A file from outside cannot be taken in as a whole (faults of single cells are not errors)."""


class TableFileMissing(ExchangeError):
    message = "找不到文件“{path}”。请核对文件名和位置；U 盘上的文件请先插好 U 盘。"


class TableFileUnreadable(ExchangeError):
    message = "不能打开文件“{path}”（{reason}）。如果它正在 Excel 或 WPS 中打开，请先保存并关闭。"


class TableFileChanged(ExchangeError):
    message = "读取“{file}”时它被别的程序改动了，没有读入任何内容。请保存并关闭它，再读一次。"


class TableFileEmpty(ExchangeError):
    message = "文件“{file}”是空的（0 字节）。请核对是否拷贝完整，或向提供者重新索取。"


class TableKindRefused(ExchangeError):
    message = (
        "“{file}”不能导入：只读 .xlsx、.xls、.csv 和 .dbf 表格。请在 WPS 或 Excel 中另存为 .xlsx。"
    )


class TableKindDisguised(ExchangeError):
    """The ending of the name says one thing, the bytes another."""

    message = (
        "“{file}”的扩展名是 {ending}，内容却是{kind}。"
        "请用 WPS 或 Excel 打开它，另存为“Excel 工作簿 (.xlsx)”，再导入另存的文件。"
    )


class TableMacroRefused(ExchangeError):
    message = "“{file}”带有宏，为安全起见不读。请在 WPS 或 Excel 中另存为不带宏的 .xlsx 再导入。"


class TablePasswordRefused(ExchangeError):
    message = "“{file}”设有打开口令，读不了。请用口令打开它，取消口令后另存为 .xlsx 再导入。"


class TableDamaged(ExchangeError):
    message = (
        "“{file}”已损坏或不完整，读不出表格。请用 WPS 或 Excel 试开并另存，或重新索取这个文件。"
    )


class TableRecordsDisagree(ExchangeError):
    message = (
        "“{file}”的文件头说有 {declared} 条记录，实际找到 {found} 条，文件可能没有拷贝完整。"
        "请重新导出或重新索取。"
    )


class TableTooLarge(ExchangeError):
    message = (
        "“{file}”大小为 {size}，超过 {limit} 的上限。"
        "请删去图片和无关的工作表后另存，或分成几个文件。"
    )


class TableUnpacksTooLarge(ExchangeError):
    """A zip bomb, or a workbook with far too much in it."""

    message = (
        "“{file}”展开后过大（{size}），不像一份名册，没有读入。"
        "请新建工作簿，只把名册复制过去再导入。"
    )


class TableExtentRefused(ExchangeError):
    message = (
        "“{file}”的工作表“{sheet}”一直写到 {cell} 单元格，超过 {rows} 行、{columns} 列的上限。"
        "请删去远处多余的内容，或把名册复制到新工作簿再导入。"
    )


class TableTextRefused(ExchangeError):
    """A .csv whose characters or quotes cannot be made out."""

    message = "“{file}”第 {line} 行附近{problem}。请用 WPS 或 Excel 打开核对，另存为 .xlsx 再导入。"


class TableMemoryRefused(ExchangeError):
    message = (
        "读取“{file}”需要的内存超过上限，没有读入。请把名册复制到新工作簿，或分成几个文件再导入。"
    )


class TableTooSlow(ExchangeError):
    message = "读取“{file}”超过 {seconds} 秒仍未读完，已停止。请把名册复制到新工作簿再导入。"


class TableReaderDied(ExchangeError):
    message = (
        "读取“{file}”的部分意外中止，没有读入任何内容，已登记的数据不受影响。"
        "文件可能已损坏，或有内容写在极远的行列；请把名册复制到新工作簿再导入。"
    )


class HeaderMissing(ExchangeError):
    message = (
        "在“{file}”（{sheets}）中找不到表头。表头应在同一行里有“姓名”“身份证号”“考生号”“学号”"
        "等至少两个栏目名。请核对是不是学生名单。"
    )


class ScoreSheetRefused(ExchangeError):
    message = (
        "“{file}”的工作表“{sheet}”是成绩表（{courses}），不是学生信息名单。请按成绩导入，"
        "或换一个文件。"
    )


class UnknownField(ExchangeError):
    message = "没有“{name}”这个栏目。可用的栏目：{known}。"


class EntryYearUnknown(ExchangeError):
    message = "看不出“{file}”是哪一年入学的名册。请用 --entry-year 指明入学年份，例如 2026。"


class PlanOutdated(ExchangeError):
    message = "核对“{file}”之后登记又有变动，没有写入任何内容。请重新核对再导入。"


class PhotoUnfit(ExchangeError):
    message = "“{file}”谁也不能用：{problem}"


class PhotoSourceMissing(ExchangeError):
    message = "找不到“{path}”。请核对照片文件夹的位置；U 盘上的照片请先插好 U 盘。"


class PhotoSourceRefused(ExchangeError):
    """Neither a folder nor a .zip."""

    message = (
        "“{file}”不是文件夹，也不是 .zip 压缩包。请选照片所在的文件夹；RAR、7Z 请先解压到文件夹。"
    )


class PhotoSourceUnreadable(ExchangeError):
    message = "不能读取“{path}”（{reason}）。请检查 U 盘或文件夹权限。"


class PhotoArchiveDamaged(ExchangeError):
    message = "压缩包“{file}”已损坏或没有拷贝完整。请重新拷贝，或解压到文件夹后再导入。"


class PhotoArchiveLocked(ExchangeError):
    message = "压缩包“{file}”设有口令。请用口令解压到文件夹后再导入。"


class PhotosTooMany(ExchangeError):
    message = "“{file}”里有 {found}，超过一次 {limit} 的上限。请按班级或年级分成几份导入。"


class PhotoSourceChanged(ExchangeError):
    """A picture is no longer the one that was checked."""

    message = "“{file}”在核对之后被改动或移走，没有登记任何照片。请重新核对再导入。"


class NoSuchBatch(ExchangeError):
    message = "没有第 {batch} 批导入。"


class BatchAlreadyUndone(ExchangeError):
    message = "第 {batch} 批导入已于 {day} 撤销，不能再撤销。"


class BatchInUse(ExchangeError):
    message = "第 {batch} 批导入不能撤销：{name}{reason}。请先处理这一项，或逐人更正。"


# --- forms --------------------------------------------------------------------------------


class FormError(AppError):
    """A paper cannot be compiled, filled or drawn."""


class FontMissing(FormError):
    """A font file that ships with the program is not there."""

    message = "缺少字体文件“{path}”，程序安装不完整。请重新安装本程序。"


class FormUnreadable(FormError):
    """The file is no workbook that a form can be drawn in."""

    message = "“{name}”不能作为表样：{reason}。请在 Excel 或 WPS 中另存为 .xlsx 工作簿。"


class FormFaulty(FormError):
    """A form has a mistake in one cell."""

    message = "表样“{name}”的工作表“{sheet}”单元格 {cell} 有误：{reason}。"


class FormEmpty(FormError):
    """Nothing in the workbook would be printed."""

    message = "表样“{name}”没有可打印的单元格。请检查工作表是否被隐藏，或名称以 # 开头。"


class PictureUnreadable(FormError):
    """The bytes of a photo are no picture."""

    message = "照片打不开或已损坏。请重新采集后再打印。"


class BarCodeUnfit(FormError):
    """A value that no bar code can carry."""

    message = (
        "工作表“{sheet}”单元格 {cell} 的条形码印不出“{text}”："
        "条形码只能有数字、英文字母和半角符号。请改用 {{{{{field}|二维码}}}}。"
    )


class GlyphMissing(FormError):
    """Characters that no bundled font holds; `faults` has one entry a cell."""

    message = (
        "下列文字随程序的字体里都没有，不能打印：{places}。"
        "请先对照证件核对是不是这个字。确是此字的，可以：把有这个字的字体文件（.ttf）放进程序的"
        " resources/fonts 文件夹，重开程序再印；或者存为 .xlsx，在有这个字的电脑上用 WPS 打印；"
        "或者取出表样，在姓名格里换上姓名的图片，用它给这名学生打印（见手册“表样与打印”）。"
    )


class ArchivalRefused(FormError):
    """A drawn paper did not pass the check for long-term keeping (PDF/A)."""

    message = "“{title}”未通过长期保存格式（PDF/A）检查：{reason}。文件没有保存。"


class UnknownForm(FormError):
    message = (
        "没有“{name}”这张表{nearest}。全部材料见手册“表样与打印”；也可以给出自己的 .xlsx 模板文件。"
    )


class PaperTypeUnknown(FormError):
    message = "“{file}”应以 .pdf 或 .xlsx 结尾。"


class NobodyOnPaper(FormError):
    message = "没有人可以列入“{form}”。请检查班级、年级和截至日期。"


class PaperScopeRefused(FormError):
    message = "“{form}”是{kind}，请不要指定别的班级、学生或年级。"


class PaperElsewhere(FormError):
    message = "“{form}”请用 {command} 打印，或在窗口里对应的页面打印。"


class PrintRangeRefused(FormError):
    message = "“{text}”不是页码范围。请写成 1-3,5；本次共 {total} 页。"


class NothingToPrint(FormError):
    message = "按这个范围没有要打印的纸。本次共 {total} 张，请检查页码范围和起始张。"


class CalibrationRefused(FormError):
    message = "“{what}”量得 {measured:g} 毫米，应在 {least:g} 到 {most:g} 毫米之间。{advice}"


class PrinterFailed(FormError):
    """The printer did not take a sheet; says what to do."""

    message = "打印机“{printer}”{problem}。{cure}"


class NoPrinter(FormError):
    message = "这台电脑上没有打印机。请先在系统设置里添加打印机，或者“另存为 PDF”。"


class FieldsUnknown(FormError):
    message = "模板“{form}”里有不认识的字段：{fields}\n请按字段表改正后再试。"


class FormRefused(FormError):
    """A form from outside has mistakes; each is named with sheet and cell."""

    message = "表样“{name}”没有安装，有 {count} 处要改：{faults}\n请在 WPS 或 Excel 中改正后再试。"


class FormNameRefused(FormError):
    message = "表样不能叫“{name}”：{problem}。请换一个名称。"


class FormFixed(FormError):
    message = "“{name}”随程序固定，样子是它证明力的一部分，不能换。请保留随程序的表样。"


class FormKnown(FormError):
    message = "“{name}”的这一版已经装过（第 {number} 版），内容一字不差，没有再装。"


class NoSuchForm(FormError):
    message = "没有表样“{name}”{version}。请用 xueji forms list 查看有哪些。"


class SheetsNotScanned(FormError):
    message = "{problem}。请选这张纸的扫描件或照片：PDF、JPEG、PNG。"


class CodeUnreadable(FormError):
    message = "“{text}”不是校验码。校验码是 12 个字母和数字，如 7K3M-2QXD-W4ET，印在纸上二维码旁。"


# --- archive ------------------------------------------------------------------------------


class ArchiveError(AppError):
    """A disc image cannot be built or read."""


class DiscNotSound(ArchiveError):
    message = "镜像 {image} 校验不符：{findings}。请重新生成。"


class DiscNumberRefused(ArchiveError):
    message = (
        "光盘编号“{number}”不能用：只能用大写字母、数字、“-”和“.”，不超过 32 位。请修改编号规则。"
    )


class DiscPathRefused(ArchiveError):
    message = "光盘内的路径“{path}”不能用：{problem}。请修改生成它的编号或名称。"


class DiscTextRefused(ArchiveError):
    message = "“{where}”中有不能写入档案的控制字符 {character}。请在登记中更正后重新制作光盘。"


class TableNotWritable(ArchiveError):
    message = "数据表“{table}”第 {row} 行“{column}”的文字过长，写不进表格。请缩短后重新制作光盘。"


class DiscTooLarge(ArchiveError):
    message = "内容共 {size}，一张 {medium} 按 92% 装盘只能放 {capacity}。{advice}"


class NoRoomForImage(ArchiveError):
    message = "“{folder}”所在磁盘剩余 {free}，制作映像约需 {need}。请腾出空间或换一个位置。"


class ImageNotWritten(ArchiveError):
    message = "光盘映像写不进“{path}”：{reason}。没有留下不完整的映像，请检查磁盘后重试。"


class ImageNotSound(ArchiveError):
    message = "映像写完后读回核对不符（{finding}），已删除。请检查硬盘后重新制作。"


class DiscNotFound(ArchiveError):
    message = "找不到或打不开“{path}”：{reason}。请给出映像文件，或已放入光盘的盘符。"
